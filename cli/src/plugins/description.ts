import { type Schema } from '@octo/kernel';
import { type LoadedPlugin } from '@octo/kernel/host';

/** What a plugin is and brings, as data: `plugin show --json`, and what the test load of `plugin add` answers. */
export interface Description {
  readonly name: string;
  readonly version: string;
  readonly contract: number;
  readonly root: string;
  /** Null for a plugin that is part of octo. */
  readonly integrity: string | null;
  readonly steps: readonly { readonly type: string; readonly properties: unknown }[];
  readonly transports: readonly { readonly style: string; readonly endpoint: unknown }[];
  readonly schedulers: readonly string[];
  readonly services: readonly string[];
  readonly commands: readonly string[];
}
interface More {
  readonly integrity: string | null;
  readonly commands: readonly string[];
}

export function describe({ plugin, version, root }: LoadedPlugin, { integrity, commands }: More): Description {
  const { name, contract, steps = [], transports = [], schedulers = [], services = [] } = plugin;
  return {
    name,
    version,
    contract,
    root,
    integrity,
    steps: steps.map(({ type, properties }) => ({ type, properties: jsonSchema(properties) })),
    transports: transports.map(({ style, endpoint }) => ({ style, endpoint: jsonSchema(endpoint) })),
    schedulers: schedulers.map((s) => s.name),
    services: services.map((s) => s.token.id),
    commands,
  };
}

/** The shape on the wire; null where the validator cannot say it. */
function jsonSchema(schema: Schema<unknown>): unknown {
  try {
    return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  } catch {
    return null;
  }
}

/** One line per thing: its kind and its name. */
export function brings(d: Description): [kind: string, what: string][] {
  return [
    ...d.steps.map(({ type }): [string, string] => ['step', type]),
    ...d.transports.map(({ style }): [string, string] => ['transport', style]),
    ...d.schedulers.map((name): [string, string] => ['scheduler', name]),
    ...d.services.map((id): [string, string] => ['service', id]),
    ...d.commands.map((id): [string, string] => ['command', `octo ${id.replaceAll(':', ' ')}`]),
  ];
}

/** Name, version and contract, then what it brings and its integrity. */
export function summary(d: Description): string {
  const rows = [...brings(d), ...(d.integrity === null ? [] : [['integrity', d.integrity] as const])];
  return [`${d.name} ${d.version} (contract ${d.contract})`, ...rows.map(([k, v]) => `  ${k.padEnd(10)} ${v}`)].join(
    '\n',
  );
}
