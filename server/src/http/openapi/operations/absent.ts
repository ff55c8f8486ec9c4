import { shapes } from '@octo/api';
import { ABSENT, ABSENT_LISTS, PASSING } from '../../absent-list.ts';
import { schema } from '../components.ts';
import { type Operation, type Operations } from '../operation.ts';
import { PAGING } from '../parameters.ts';
import { arrayOf, NOTHING, pageOf } from '../schemas.ts';

const { str, strMap } = shapes;
const tag = 'Not in octo' as const;
const nothing = arrayOf(NOTHING);

/** Collections that are empty, and settings that are only looked at (rest.md 2.2, 7). */
export const NOT_HERE: Operations = Object.fromEntries([
  ...Object.entries(ABSENT).flatMap(([path, type]): (readonly [string, Operation])[] => {
    const list = { tag, summary: `List ${type}s; octo has none`, answer: pageOf(NOTHING), query: PAGING };
    const all = { tag, summary: `All ${type}s; octo has none`, answer: nothing };
    const one = { tag, summary: `One ${type}; never found`, answer: NOTHING };
    const at = `GET /api/${path}`;
    return [[at, list], [`${at}/all`, all], ...(path.includes('/') ? [] : [[`${at}/:id`, one] as const])];
  }),
  ...ABSENT_LISTS.map((path) => [`GET /api/${path}`, { tag, summary: 'Empty', answer: nothing }] as const),
  ...Object.keys(PASSING).map((path) => {
    const answer = { ...schema({ Id: str, Links: strMap }), additionalProperties: true };
    return [`GET /api/${path}`, { tag, summary: 'Only looked at', answer }] as const;
  }),
]);
