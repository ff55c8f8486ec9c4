import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { openTestServer } from '../plane.fixture.ts';
import { OPERATIONS, openApi, type Route } from './document.ts';

/** Bytes or text, and no JSON at all. Another one wants a reason. */
const WITHOUT_JSON = [
  'GET /api/tasks/:id/raw',
  'GET /api/octo/artifacts/:id',
  'GET /api/configuration/certificates/:id/public-cer',
];
/** Changes that take nothing but their path. */
const WITHOUT_BODY = [
  'POST /api/authentication/checklogininitiated',
  'POST /api/users/logout',
  'POST /api/tasks/:id/cancel',
  'POST /api/tasks/:id/rerun',
  'POST /api/tasks/rerun/:id',
];
const nameOf = ({ method, url }: Route) => `${method} ${url}`;

test('every route says what it answers and what it takes, and nothing is said of others', async () => {
  const routes = (await openTestServer()).app.apiRoutes;
  expect(routes.map(nameOf).filter((it) => !OPERATIONS[it])).toEqual([]);
  expect(Object.keys(OPERATIONS).filter((it) => !routes.map(nameOf).includes(it))).toEqual([]);
  const names = (fits: (name: string) => boolean) => Object.keys(OPERATIONS).filter(fits).sort();
  expect(names((it) => OPERATIONS[it]?.answer === undefined)).toEqual(WITHOUT_JSON.toSorted());
  const takesNone = (it: string) => /^(POST|PUT) /.test(it) && OPERATIONS[it]?.body === undefined;
  expect(names(takesNone)).toEqual(WITHOUT_BODY.toSorted());
});

test('the document is valid OpenAPI 3.1, and anybody may read it', async () => {
  const { app } = await openTestServer();
  const answer = await app.inject('/api/octo/openapi.json');
  expect(answer.statusCode).toBe(200);
  const { valid, errors } = await new Validator().validate(answer.json());
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test('whatever is referred to is there, and no two operations have one id', async () => {
  const { ask } = await openTestServer();
  const { text, body } = await ask('/api/octo/openapi.json');
  const places = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, place = '']) => place);
  const found = (place: string) => place.split('/').reduce((it, step) => it?.[step], body);
  expect(places.filter((place) => found(place) === undefined)).toEqual([]);
  const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(100);
});

test('paths within a space have both forms; permissions are those of the rules', () => {
  const rule = { need: ['WorkerView'], where: 'space' } as const;
  const { paths } = openApi([{ method: 'GET', url: '/api/workers/:id', rule }]) as { paths: Record<string, unknown> };
  expect(Object.keys(paths)).toEqual(['/api/{spaceId}/workers/{id}', '/api/workers/{id}']);
  const permission = { anyOf: ['WorkerView'], where: 'space' };
  expect(paths['/api/workers/{id}']).toMatchObject({ get: { 'x-octo-permission': permission } });
});
