import { expect, test } from 'vitest';
import { openTestServer } from './plane.fixture.ts';

test('what the command line asks first: spaces by page, all of them, then the space itself (rest.md 1.11)', async () => {
  const { ask } = await openTestServer();
  const page = (await ask('/api/spaces?take=2147483647')).body;
  expect(page).toMatchObject({ ItemType: 'Space', TotalResults: 1 });
  expect(page.Links).not.toHaveProperty('Page.Next');
  const [space] = (await ask('/api/spaces/all')).body;
  expect(space).toMatchObject({
    Id: 'Spaces-1',
    IsDefault: true,
    SpaceManagersTeams: ['teams-spacemanagers-Spaces-1'],
    Links: { SpaceHome: '/api/Spaces-1' },
  });
  expect((await ask(`/api/spaces/${space.Slug}`)).body).toEqual(space);
  expect((await ask('/api/spaces/spaces-1')).body).toEqual(space);
});

test.each([
  ['name=default', 1],
  ['partialName=EFAU', 1],
  ['name=defaul', 0],
  ['ids=Spaces-2', 0],
])('spaces?%s finds %i', async (query, count) => {
  const { ask } = await openTestServer();
  expect((await ask(`/api/spaces?${query}`)).body.Items).toHaveLength(count);
});

test('who holds a key learns who that is, and which spaces there are (rest.md 2.1)', async () => {
  const { ask } = await openTestServer();
  const me = (await ask('/api/users/me')).body;
  expect(me).toMatchObject({ IsActive: true, Username: expect.any(String) as string, Identities: [] });
  expect((await ask(me.Links.Self)).body).toEqual(me);
  expect((await ask(me.Links.Spaces)).body).toMatchObject([{ Id: 'Spaces-1', Links: { SpaceHome: '/api/Spaces-1' } }]);
  expect((await ask('/api/users/Users-2/spaces')).status).toBe(404);
});

test('the status says that it is well, and that it is not when the database fails', async () => {
  const { ask, plane } = await openTestServer();
  expect((await ask('/api/serverstatus')).body).toMatchObject({ IsInMaintenanceMode: false });
  expect((await ask('/api/serverstatus/health')).body.IsOperatingNormally).toBe(true);
  Object.assign(plane.spaces, { list: () => Promise.reject(new Error('disk I/O error')) });
  expect((await ask('/api/serverstatus/health')).body.IsOperatingNormally).toBe(false);
});
