import {
  activityForm,
  type AnyShape,
  builtInWorkerForm,
  workerConditionForm,
  clusterSummaryForm,
  explanationForm,
  type JsonSchema,
  logPageForm,
  nodeForm,
  octopusNodeForm,
  pluginForm,
  rootForm,
  schemaOfShape,
  serverHealthForm,
  serverStatusForm,
  settingsForm,
  shapes,
  spaceForm,
  spaceRootForm,
  taskDetailsForm,
  taskForm,
  taskInsightForm,
  taskTypeForm,
  toJsonSchema,
  userForm,
  workerForm,
  workerPoolForm,
} from '@octo/api';
import { documentComponents } from './documents.ts';
import { arrayOf, place } from './schemas.ts';
import { EVENT, SCOPED_USER_ROLE, USER_ROLE, LEASE, API_KEY, CERTIFICATE_CONFIGURATION } from './shapes.ts';

const { each, list, nullable, optional, str } = shapes;

/** What has a name of its own in the document. */
const FORMS = {
  Activity: activityForm,
  BuiltInWorker: builtInWorkerForm,
  WorkerCondition: workerConditionForm,
  ClusterSummary: clusterSummaryForm,
  Explanation: explanationForm,
  LogPage: logPageForm,
  Node: nodeForm,
  OctopusServerNode: octopusNodeForm,
  Plugin: pluginForm,
  Root: rootForm,
  ServerHealth: serverHealthForm,
  ServerStatus: serverStatusForm,
  Settings: settingsForm,
  Space: spaceForm,
  SpaceRoot: spaceRootForm,
  Task: taskForm,
  TaskDetails: taskDetailsForm,
  TaskInsight: taskInsightForm,
  TaskType: taskTypeForm,
  User: userForm,
  Worker: workerForm,
  WorkerPool: workerPoolForm,
  Event: { shape: EVENT },
  UserRole: { shape: USER_ROLE },
  ScopedUserRole: { shape: SCOPED_USER_ROLE },
  WorkerTaskLease: { shape: LEASE },
  ApiKey: { shape: API_KEY },
  CertificateConfiguration: { shape: CERTIFICATE_CONFIGURATION },
  /** Source: libs/api/src/error-body.ts, which says why `Errors` may be missing. */
  Error: {
    shape: {
      ErrorMessage: str,
      Errors: optional(list(str)),
      Details: { Code: str, Hint: nullable(str) },
    },
  },
  /** Of a member that is written and never read (rest.md 1.5). */
  Secret: { shape: { HasValue: shapes.bool, NewValue: shapes.leaf<null>({ type: 'null' }), Hint: nullable(str) } },
} as const;
/** Members that clients sent and octo does not know come back (rest.md 1.5). */
const ROUND_TRIP = new Set(['Worker', 'WorkerPool', 'ScopedUserRole']);

const places = new Map<unknown, string>(Object.entries(FORMS).map(([name, { shape }]) => [shape, place(name)]));
const refOf = (shape: unknown) => places.get(shape);

export function schemaComponents(): JsonSchema {
  const forms = Object.entries(FORMS).map(([name, form]) => {
    const schema = toJsonSchema(form, refOf);
    return [name, ROUND_TRIP.has(name) ? { ...schema, additionalProperties: true } : schema] as const;
  });
  return { ...Object.fromEntries(forms), ...documentComponents() };
}

/** An answer that has no name of its own; forms in it are referred to. */
export function schema(shape: AnyShape): JsonSchema {
  return schemaOfShape(shape, refOf);
}
export function ref(name: keyof typeof FORMS): JsonSchema {
  return { $ref: place(name) };
}
export const IDS_AND_NAMES = arrayOf(schema(each(str, 'Id', 'Name')));
