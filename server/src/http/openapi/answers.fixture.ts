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

let judge: Promise<(answered: Answered) => string | undefined> | undefined;

/** Says what is wrong with an answer by the server's own document. It is the same for every server of a process. */
export async function faultOf(app: FastifyInstance, answered: Answered): Promise<string | undefined> {
  judge ??= app.inject('/api/octo/openapi.json').then((it) => judgeBy(it.json<Document>()));
  return (await judge)(answered);
}

function judgeBy(document: Document): (answered: Answered) => string | undefined {
  // patterns and types count; formats say nothing that a test would find
  const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, allErrors: true });
  ajv.addSchema(document, 'octo');
  const compiled = new Map<string, ValidateFunction>();
  const validator = (pointer: string) => {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `octo#${pointer}` });
    compiled.set(pointer, known);
    return known;
  };
  return ({ method, route, status, body }) => {
    const pointer = route === undefined ? ERROR : pointerOf(document, { method, route, status });
    if (pointer === undefined) return `${method} ${route}: the document knows no answer ${status}`;
    const check = validator(pointer);
    return check(body)
      ? undefined
      : `${method} ${route} ${status}: ${ajv.errorsText(check.errors, { separator: '\n' })}`;
  };
}

const ERROR = '/components/schemas/Error';

/** Where the schema of that answer is; undefined where there is none. */
function pointerOf({ paths }: Document, asked: { method: string; route: string; status: number }): string | undefined {
  const path = asked.route.replaceAll(/:(\w+)/g, '{$1}');
  const method = asked.method.toLowerCase();
  const responses = paths[path]?.[method]?.responses;
  const answer = responses?.[asked.status];
  if (!responses || (asked.status < 400 && !answer?.content?.['application/json'])) return undefined;
  if (!answer?.content) return ERROR; // by its own response, or by `default`
  const steps = ['paths', path, method, 'responses', asked.status, 'content', 'application/json', 'schema'];
  return steps
    .map((step) => `/${encodeURIComponent(String(step).replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
}
