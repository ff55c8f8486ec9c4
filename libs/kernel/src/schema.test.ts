import { expect, test } from 'vitest';
import { z } from 'zod';
import { parse } from './schema.ts';

const endpoint = z.object({ host: z.string(), port: z.int().default(10933) });

test('defaults are filled in', async () => {
  expect(await parse(endpoint, { host: 'w1' }, 'endpoint')).toEqual({ host: 'w1', port: 10933 });
});
test('every fault is named in one message', async () => {
  await expect(parse(endpoint, { port: 'x' }, 'endpoint')).rejects.toMatchObject({
    code: 'OCTO_INPUT',
    message: expect.stringMatching(/^endpoint does not fit: host: .*; port: /),
  });
});
