import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type FastifyInstance } from 'fastify';

type Media = Readonly<Record<string, { readonly schema: object }>>;
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Responses }>>>>;
}
type Responses = Readonly<Record<string, { readonly content?: Media; readonly $ref?: string }>>;
export interface Answered {
  readonly method: string;
  /** As fastify knows it; undefined where no route fits. */
  readonly route: string | undefined;
  readonly status: number;
  readonly body: unknown;
}

/** Says what is wrong with what is at a place of the document; undefined where nothing is. */
type Check = (pointer: string, value: unknown) => string | undefined;
interface Judge {
  readonly document: Document;
  readonly check: Check;
}
let judge: Promise<Judge> | undefined;

/** The document is the same for every server of a process: it is read and compiled once. */
function judgeBy(app: FastifyInstance): Promise<Judge> {
  judge ??= app.inject('/api/octo/openapi.json').then((it) => {
    const document = it.json<Document>();
    return { document, check: checker(document) };
  });
  return judge;
}

function checker(document: Document): Check {
  // patterns and types count; formats say nothing that a test would find
  const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, allErrors: true });
  ajv.addSchema(document, 'octo');
  const compiled = new Map<string, ValidateFunction>();
  return (pointer, value) => {
    const check = compiled.get(pointer) ?? ajv.compile({ $ref: `octo#${pointer}` });
    compiled.set(pointer, check);
    return check(value) ? undefined : ajv.errorsText(check.errors, { separator: '\n' });
  };
}

/** What is wrong with an answer by the server's own document. */
export async function faultOf(app: FastifyInstance, answered: Answered): Promise<string | undefined> {
  const { document, check } = await judgeBy(app);
  const { method, route, status, body } = answered;
  const pointer = route === undefined ? ERROR : pointerOf(document, { method, route, status });
  const fault = pointer === undefined ? 'the document knows no such answer' : check(pointer, body);
  return fault && `${method} ${route} ${status}: ${fault}`;
}

/** What is wrong with a body that the server took. Names must be spelled as the document does. */
export async function bodyFaultOf(app: FastifyInstance, route: string, body: unknown): Promise<string | undefined> {
  const [method = '', url = ''] = route.split(' ');
  const at = pointerTo('paths', pathOf(url), method.toLowerCase(), 'requestBody', 'content', JSON_TYPE, 'schema');
  const fault = (await judgeBy(app)).check(at, body);
  return fault && `the body of ${route}: ${fault}`;
}

const ERROR = '/components/schemas/Error';

const JSON_TYPE = 'application/json';

/** Where the schema of that answer is; undefined where there is none. */
function pointerOf({ paths }: Document, asked: { method: string; route: string; status: number }): string | undefined {
  const [path, method] = [pathOf(asked.route), asked.method.toLowerCase()];
  const responses = paths[path]?.[method]?.responses;
  const answer = responses?.[asked.status];
  if (!responses || (asked.status < 400 && !answer?.content?.[JSON_TYPE])) return undefined;
  if (!answer?.content) return ERROR; // by its own response, or by `default`
  return pointerTo('paths', path, method, 'responses', String(asked.status), 'content', JSON_TYPE, 'schema');
}
function pathOf(route: string): string {
  return route.replaceAll(/:(\w+)/g, '{$1}');
}
function pointerTo(...steps: readonly string[]): string {
  return steps.map((step) => `/${encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
}
