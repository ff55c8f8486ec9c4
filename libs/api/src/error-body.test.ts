import { ConflictError, InputError, NotFoundError, OctoError, SecurityError, StepFailedError } from '@octo/kernel';
import { expect, test } from 'vitest';
import { fromErrorBody, statusOf, toErrorBody } from './error-body.ts';

test.each([
  [new InputError('OCTO_X', 'bad', { hint: 'mend it' }), 400],
  [new SecurityError('OCTO_X', 'who'), 401],
  [new NotFoundError('OCTO_X', 'gone'), 404],
  [new ConflictError('OCTO_X', 'taken'), 409],
  [new OctoError('OCTO_X', 'broken'), 500],
])('%s keeps kind, code, sentence and hint on its way to the client (rest.md 1.6)', (error, status) => {
  expect(statusOf(error)).toBe(status);
  const there = fromErrorBody(status, JSON.parse(JSON.stringify(toErrorBody(error))));
  const { kind, code, message, hint } = error;
  expect(there).toMatchObject({ kind, code, message, ...(hint !== undefined && { hint }) });
});

test('404 goes without Errors, everything else with at least one (rest.md 1.6)', () => {
  expect(toErrorBody(new NotFoundError('OCTO_X', 'gone'))).not.toHaveProperty('Errors');
  expect(toErrorBody(new InputError('OCTO_X', 'too large'), 413).Errors).toEqual(['too large']);
  expect(toErrorBody(new InputError('OCTO_X', 'not here'), 404)).not.toHaveProperty('Errors');
  expect(statusOf(new StepFailedError('OCTO_X', 'a kind without a status'))).toBe(500);
});

test.each([
  [undefined],
  [null],
  ['text'],
  [[]],
  [{ ErrorMessage: 5, Details: 'x' }],
  [{ Details: { Code: 'rm -rf' } }],
])('an error of a server that is not ours still has a code, a sentence and a hint: %j', (body) => {
  expect(fromErrorBody(401, body)).toMatchObject({
    kind: 'SecurityError',
    code: 'OCTO_API_STATUS',
    message: 'the server answered with status 401',
    hint: expect.stringContaining('OCTO_API_KEY') as string,
  });
});
