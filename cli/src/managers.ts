import { type OctoApi } from '@octo/api';
import { Flags } from '@oclif/core';

/** Who manages a space. */
export const managerFlags = {
  'manager-team': Flags.string({ description: 'team that manages it; repeatable', multiple: true, default: [] }),
  'manager-user': Flags.string({ description: 'user who manages it; repeatable', multiple: true, default: [] }),
};
export async function managersOf(
  api: OctoApi,
  flags: { readonly 'manager-team': readonly string[]; readonly 'manager-user': readonly string[] },
  signal: AbortSignal,
): Promise<{ readonly teams: readonly string[]; readonly users: readonly string[] }> {
  const { findTeam, findUser } = await import('@octo/api');
  const teams = await Promise.all(flags['manager-team'].map((it) => findTeam(api, it, signal)));
  const users = await Promise.all(flags['manager-user'].map((it) => findUser(api, it, signal)));
  return { teams: teams.map((it) => it.Id), users: users.map((it) => it.Id) };
}
