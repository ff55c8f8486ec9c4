import { spell } from '@octo/api/documents';
import { parse } from '@octo/kernel';
import { BUILT_IN_SWITCH, differences } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { type Plane } from '../plane.ts';
import { noted } from './access/audited.ts';
import { pageOf, type Query, text } from './collections.ts';
import { envelope } from './documents/document-routes.ts';
import { notFound } from './errors.ts';
import { isSame } from './filters.ts';

const GLOBAL = '/api/configuration/certificates/certificate-global';
export const featuresSchema = z.looseObject({ IsBuiltInWorkerEnabled: z.boolean().optional() });

/** The server's own identity, its features, and what clients ask about it in passing (rest.md 2.2). */
export function configurationRoutes(app: FastifyInstance, plane: Plane): void {
  const certificate = async () => {
    const { thumbprint } = await plane.identity.get();
    return {
      Id: 'certificate-global',
      Name: 'Global certificate',
      Thumbprint: thumbprint,
      SignatureAlgorithm: 'sha256RSA',
      Links: { Self: GLOBAL, PublicCer: `${GLOBAL}/public-cer` },
    };
  };
  const expectGlobal = (params: unknown) => {
    const { id } = params as { id: string };
    if (!isSame(id, 'certificate-global')) throw notFound(id);
  };
  app.get('/api/configuration/certificates', async (request) => {
    const asked = {
      itemType: 'CertificateConfiguration',
      path: '/api/configuration/certificates',
      query: request.query as Query,
    };
    return envelope(pageOf(asked, [await certificate()]));
  });
  app.get('/api/configuration/certificates/:id', async (request) => {
    expectGlobal(request.params);
    return certificate();
  });
  app.get('/api/configuration/certificates/:id/public-cer', async (request, reply) => {
    expectGlobal(request.params);
    const { certificatePem } = await plane.identity.get();
    return reply.type('application/pkix-cert').send(new X509Certificate(certificatePem).raw);
  });
  features(app, plane);
  passing(app);
}

function features(app: FastifyInstance, plane: Plane): void {
  const wire = (isEnabled: boolean) => ({
    Id: 'features',
    IsBuiltInWorkerEnabled: isEnabled,
    IsCommunityActionTemplatesEnabled: false,
    IsServiceMessageResourceCreationEnabled: false,
    IsHelpSidebarEnabled: false,
    HelpSidebarSupportLink: null,
    IsConfigurationAsCodeEnabled: false,
    Links: { Self: '/api/featuresconfiguration' },
  });
  const present = () => plane.settings.get(BUILT_IN_SWITCH, true);
  app.get('/api/featuresconfiguration', async () => wire(await present()));
  /** The switch of the built-in worker (R12); the other features have none. */
  app.put('/api/featuresconfiguration', async (request) => {
    const before = await present();
    const { IsBuiltInWorkerEnabled: after = before } = await parse(
      featuresSchema,
      spell(featuresSchema, request.body ?? {}),
      'the features',
    );
    const event = noted(plane, request, {
      spaceId: null,
      category: 'Modified',
      message: `Steps on the server: the built-in worker was switched ${after ? 'on' : 'off'}`,
      documentType: 'FeaturesConfiguration',
      documentIds: ['features'],
      differences: differences({ IsBuiltInWorkerEnabled: before }, { IsBuiltInWorkerEnabled: after }),
    });
    if (after !== before) await plane.settings.set(BUILT_IN_SWITCH, after, event);
    plane.signals.publish('leases'); // who waits for a worker looks again
    return wire(after);
  });
}

function passing(app: FastifyInstance): void {
  app.get('/api/capabilities', async () => ({
    Capabilities: ['GetAllSpacesRequest', 'GetAllWorkersRequest', 'CreateWorkerCommand', 'ExecuteAdHocScript'],
  }));
  app.get('/api/configuration/feature-toggles', async (request) => {
    const name = text(request.query as Query, 'Name');
    return { FeatureToggles: name === undefined ? [] : [{ Name: name, IsEnabled: false }] };
  });
  /** Roles belong to deployment targets; there are none. */
  app.get('/api/machineroles/all', async () => []);
}
