import { expect, test } from 'vitest';
import { openTestServer } from '../plane.fixture.ts';

test("every style that a worker may have is described; the built-in worker's own is none of them", async () => {
  const { ask, plane } = await openTestServer();
  expect(plane.styles()).toContain('None');
  const { status, body } = await ask('/api/octo/styles');
  expect(status).toBe(200);
  const styles: readonly { Style: string; Word: string; Endpoint: { type: string } }[] = body;
  const words = Object.fromEntries(styles.map((it) => [it.Style, it.Word]));
  expect(words).toMatchObject({ TentaclePassive: 'listening', TentacleActive: 'polling', Ssh: 'ssh' });
  expect(words).not.toHaveProperty('None');
  for (const { Endpoint } of styles) expect(Endpoint.type).toBe('object');
});
