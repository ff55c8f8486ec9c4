import { shapes } from '@octo/api';
import { featuresSchema } from '../../configuration.ts';
import { taskCapSchema } from '../../octo/nodes.ts';
import { settingsSchema } from '../../octo/settings.ts';
import { octopusNodeSchema } from '../../octopus-nodes.ts';
import { ref, schema } from '../components.ts';
import { type Operations } from '../operation.ts';
import { NAMED, PAGING } from '../parameters.ts';
import { arrayOf, NOTHING, pageOf } from '../schemas.ts';
import { FEATURES, SYSTEM_INFO } from '../shapes.ts';
import { bodyOf, pascalBodyOf } from '../zod.ts';

const { bool, each, int, list, str, strMap } = shapes;
const tag = 'Server';
const node = ref('OctopusServerNode');
const certificate = ref('CertificateConfiguration');
const features = schema(FEATURES);

export const ROOT: Operations = {
  'GET /api': { tag: 'Root', summary: 'What a client begins with: versions and links', answer: ref('Root') },
  'GET /api/octo/space-root/:id': {
    tag: 'Root',
    summary: 'What a client begins with in a space; the canonical path is /api/{id}',
    answer: ref('SpaceRoot'),
  },
  'GET /api/octo/openapi.json': { tag: 'Root', summary: 'This document', answer: { type: 'object' } },
};

/** Source: rest.md 2.2. */
export const SERVER: Operations = {
  'GET /api/capabilities': { tag, summary: 'Requests that it knows', answer: schema({ Capabilities: list(str) }) },
  'GET /api/serverstatus': { tag, summary: 'How the server is', answer: ref('ServerStatus') },
  'GET /api/serverstatus/health': { tag, summary: 'Whether the server works', answer: ref('ServerHealth') },
  'GET /api/serverstatus/system-info': { tag, summary: 'What the server runs on', answer: schema(SYSTEM_INFO) },
  'GET /api/serverstatus/timezones': {
    tag,
    summary: 'Time zones',
    answer: arrayOf(schema({ ...each(str, 'Id', 'Name'), IsLocal: bool })),
  },
  'GET /api/octopusservernodes': { tag, summary: 'List servers', answer: pageOf(node), query: [...PAGING, ...NAMED] },
  'GET /api/octopusservernodes/all': { tag, summary: 'All servers', answer: arrayOf(node), query: NAMED },
  'GET /api/octopusservernodes/ping': {
    tag,
    summary: 'For whoever balances load',
    answer: node,
    alsoStatus: { status: 418, when: 'It takes no task now.' },
  },
  'GET /api/octopusservernodes/summary': { tag, summary: 'Servers and their load', answer: ref('ClusterSummary') },
  'GET /api/octopusservernodes/:id': { tag, summary: 'One server', answer: node },
  'GET /api/octopusservernodes/:id/details': {
    tag,
    summary: 'The load of a server',
    answer: schema({ RunningTasks: int, Links: strMap }),
  },
  'PUT /api/octopusservernodes/:id': {
    tag,
    summary: 'Set the task cap of a server',
    body: bodyOf(octopusNodeSchema),
    answer: node,
  },
  'DELETE /api/octopusservernodes/:id': { tag, summary: 'Forget a server that is gone', answer: NOTHING },
  'GET /api/configuration/certificates': {
    tag,
    summary: 'Certificates of the server itself',
    answer: pageOf(certificate),
    query: PAGING,
  },
  'GET /api/configuration/certificates/:id': { tag, summary: 'The certificate of the server', answer: certificate },
  'GET /api/configuration/certificates/:id/public-cer': {
    tag,
    summary: 'The certificate of the server, in DER',
    media: ['application/pkix-cert'],
  },
  'GET /api/featuresconfiguration': { tag, summary: 'What is switched on', answer: features },
  'PUT /api/featuresconfiguration': {
    tag,
    summary: 'Switch the built-in worker',
    body: bodyOf(featuresSchema),
    answer: features,
  },
  'GET /api/configuration/feature-toggles': {
    tag,
    summary: 'Whether a feature is on; none is',
    answer: schema({ FeatureToggles: list({ Name: str, IsEnabled: bool }) }),
    query: ['Name'],
  },
};

export const OCTO: Operations = {
  'GET /api/octo/builtin-workers': {
    tag: 'Octo',
    summary: 'The built-in worker of each node, and whether it would be used',
    answer: arrayOf(ref('BuiltInWorker')),
  },
  'GET /api/octo/worker-conditions': {
    tag: 'Octo',
    summary: 'What each worker is fit for now, and what is known of its machine',
    answer: arrayOf(ref('WorkerCondition')),
    query: ['ids', 'workerPoolIds', 'healthStatuses', 'commStyles', 'isDisabled', 'name', 'partialName'],
  },
  'DELETE /api/octo/workers/:id/strays': {
    tag: 'Octo',
    summary: 'Say that nothing runs there any more of the scripts that were abandoned',
    answer: NOTHING,
  },
  'GET /api/octo/styles': {
    tag: 'Octo',
    summary: 'Styles that a worker may have, with the form of their endpoints',
    answer: arrayOf(schema({ ...each(str, 'Style', 'Word', 'Reach'), IsSpoken: bool, Endpoint: shapes.anyMap })),
  },
  'GET /api/octo/nodes': { tag: 'Octo', summary: 'Every process that opened the plane', answer: arrayOf(ref('Node')) },
  'PUT /api/octo/nodes/:id': {
    tag: 'Octo',
    summary: 'Set the task cap of a node',
    body: pascalBodyOf(taskCapSchema),
    answer: ref('Node'),
  },
  'GET /api/octo/plugins': {
    tag: 'Octo',
    summary: 'What is loaded and what was refused',
    answer: arrayOf(ref('Plugin')),
  },
  'GET /api/octo/settings': { tag: 'Octo', summary: 'Settings of the installation', answer: ref('Settings') },
  'PUT /api/octo/settings': {
    tag: 'Octo',
    summary: 'Change settings of the installation',
    body: pascalBodyOf(settingsSchema),
    answer: ref('Settings'),
  },
};
