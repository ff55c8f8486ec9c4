import { type OctoApi, type ResourceKind, type WorkerStyle } from '@octo/api';
import { ask, canAsk } from '../ask.ts';
import { idsOf, storeOf } from '../resources/store.ts';
import { withSets } from '../resources/set-path.ts';
import { discovered } from './discover.ts';
import { endpointMembers, missingMembers, REFERENCES } from './style-flags.ts';

type Members = Readonly<Record<string, unknown>>;
interface Given {
  /** Flags of styles only. */
  readonly flags: Members;
  readonly sets: readonly string[];
  /** Trust what the machine shows, unseen. */
  readonly isAccepted?: boolean;
}

/** The endpoint that the flags describe, over what it was; accounts and proxies by their ids. */
export async function endpointOf(
  api: OctoApi,
  style: WorkerStyle,
  given: Given,
  before: Members = {},
): Promise<{ readonly CommunicationStyle: string } & Members> {
  const changed = withSets({ ...before, ...endpointMembers(style, given.flags) }, given.sets);
  const whole: Record<string, unknown> = { ...changed };
  await withReferences(api, whole, before);
  Object.assign(whole, await discovered(api, style, whole, given.isAccepted === true));
  for (const { name, flag, what } of missingMembers(style, whole)) whole[name] = await wanted(api, name, what, flag);
  await withReferences(api, whole, before);
  const isMoved = whole['Host'] !== before['Host'] || whole['Port'] !== before['Port'];
  if (style.Style === 'Ssh' && isMoved && whole['Uri'] === before['Uri']) delete whole['Uri']; // made of host and port
  return { ...whole, CommunicationStyle: style.Style };
}

/** What was named stands by its id then; an id stays what it is. */
async function withReferences(api: OctoApi, whole: Record<string, unknown>, before: Members): Promise<void> {
  for (const [name, kind] of Object.entries(REFERENCES)) {
    const word = whole[name];
    if (typeof word !== 'string' || word === '' || word === before[name]) continue;
    [whole[name]] = await idsOf(api, kind, [word]);
  }
}

async function wanted(api: OctoApi, name: string, what: string, flag: string): Promise<string> {
  const kind: ResourceKind | undefined = name in REFERENCES ? REFERENCES[name as keyof typeof REFERENCES] : undefined; // checked on this line
  if (kind === undefined || !canAsk()) return ask.text(what, { flag });
  const names = (await (await storeOf(api, kind)).all()).map((it) => it.Name);
  return names.length === 0 ? ask.text(what, { flag }) : ask.choice(what, names, { flag });
}
