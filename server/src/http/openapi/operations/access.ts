import { scopedUserRoleSchema, userSchema } from '@octo/api/documents';
import { apiKeySchema } from '../../api-keys.ts';
import { signInSchema } from '../../sign-in.ts';
import { spaceSchema } from '../../spaces.ts';
import { ref, schema } from '../components.ts';
import { type Operations } from '../operation.ts';
import { NAMED, PAGING } from '../parameters.ts';
import { arrayOf, NOTHING, pageOf } from '../schemas.ts';
import { AUTHENTICATION, NEW_API_KEY, TEAMS_OF_USER, USER_PERMISSIONS } from '../shapes.ts';
import { bodyOf } from '../zod.ts';

const tag = 'Access';
const paged = [...PAGING, ...NAMED] as const;
const user = ref('User');
const userBody = bodyOf(userSchema);
const role = ref('UserRole');
const given = ref('ScopedUserRole');

const PERMISSIONS = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    required: ['Description', 'CanApplyAtSpaceLevel', 'CanApplyAtSystemLevel', 'SupportedRestrictions'],
  },
};
const permissions = { tag, answer: schema(USER_PERMISSIONS), query: ['spaces'] } as const;

/** Who one is and what one may (rest.md 1.3, 2.1). */
export const ACCESS: Operations = {
  'GET /api/authentication': { tag, summary: 'How to sign in', answer: schema(AUTHENTICATION) },
  'POST /api/authentication/checklogininitiated': {
    tag,
    summary: 'Whether a sign-in elsewhere has begun; never',
    answer: { type: 'object', properties: { WasExternalLoginInitiated: { type: 'boolean' } } },
  },
  'POST /api/users/login': {
    tag,
    summary: 'Sign in by password; the session is in cookies',
    body: bodyOf(signInSchema),
    answer: user,
    errors: [401, 429],
  },
  'POST /api/users/logout': { tag, summary: 'Sign out', answer: NOTHING },
  'GET /api/users/me': { tag, summary: 'Who asks', answer: user },
  'GET /api/users': { tag, summary: 'List users', answer: pageOf(user), query: [...paged, 'filter'] },
  'GET /api/users/all': { tag, summary: 'All users', answer: arrayOf(user), query: [...NAMED, 'filter'] },
  'GET /api/users/:id': { tag, summary: 'One user', answer: user },
  'POST /api/users': { tag, summary: 'Add a user', body: userBody, answer: user, status: 201 },
  'PUT /api/users/:id': { tag, summary: 'Change a user', body: userBody, answer: user },
  'DELETE /api/users/:id': { tag, summary: 'Delete a user', answer: NOTHING },
  'GET /api/users/:id/spaces': { tag, summary: 'Spaces that a user sees', answer: arrayOf(ref('Space')) },
  'GET /api/users/:id/teams': { tag, summary: 'Teams of a user', answer: schema(TEAMS_OF_USER) },
  'GET /api/users/:id/permissions': { ...permissions, summary: 'What a user may' },
  'GET /api/users/:id/permissions/configuration': { ...permissions, summary: 'What a user may, for its editor' },
  'GET /api/users/:id/apikeys': { tag, summary: 'API keys of a user', answer: pageOf(ref('ApiKey')), query: PAGING },
  'GET /api/users/:id/apikeys/:keyId': { tag, summary: 'One API key', answer: ref('ApiKey') },
  'POST /api/users/:id/apikeys': {
    tag,
    summary: 'Make an API key; it is shown in this answer and never again',
    body: bodyOf(apiKeySchema),
    answer: schema(NEW_API_KEY),
    status: 201,
  },
  'DELETE /api/users/:id/apikeys/:keyId': { tag, summary: 'Delete an API key', answer: NOTHING },
  'GET /api/userroles': { tag, summary: 'List roles', answer: pageOf(role), query: paged },
  'GET /api/userroles/all': { tag, summary: 'All roles', answer: arrayOf(role), query: NAMED },
  'GET /api/userroles/:id': { tag, summary: 'One role', answer: role },
  'GET /api/permissions/all': { tag, summary: 'All permissions by name', answer: PERMISSIONS },
  'GET /api/teams/:id/scopeduserroles': { tag, summary: 'Roles of a team', answer: pageOf(given), query: PAGING },
  'GET /api/scopeduserroles': { tag, summary: 'Which team has which role where', answer: pageOf(given), query: PAGING },
  'GET /api/scopeduserroles/:id': { tag, summary: 'One role of a team', answer: given },
  'POST /api/scopeduserroles': {
    tag,
    summary: 'Give a team a role',
    body: bodyOf(scopedUserRoleSchema),
    answer: given,
    status: 201,
  },
  'DELETE /api/scopeduserroles/:id': { tag, summary: 'Take a role from a team', answer: NOTHING },
};

const space = ref('Space');
const spaceBody = bodyOf(spaceSchema);
export const SPACES: Operations = {
  'GET /api/spaces': { tag: 'Spaces', summary: 'List spaces', answer: pageOf(space), query: paged },
  'GET /api/spaces/all': { tag: 'Spaces', summary: 'All spaces', answer: arrayOf(space), query: NAMED },
  'GET /api/spaces/:id': { tag: 'Spaces', summary: 'One space, by id or slug', answer: space },
  'POST /api/spaces': { tag: 'Spaces', summary: 'Add a space', body: spaceBody, answer: space, status: 201 },
  'PUT /api/spaces/:id': { tag: 'Spaces', summary: 'Change a space', body: spaceBody, answer: space },
  'DELETE /api/spaces/:id': { tag: 'Spaces', summary: 'Delete a space', answer: NOTHING },
};
