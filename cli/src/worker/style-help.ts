import { type WorkerStyle } from '@octo/api';
import { type Command, Help, type Interfaces } from '@oclif/core';
import { type Connection } from '../connect.ts';
import { styleFlags, styleOf } from './style-flags.ts';
import { stylesOf } from './styles.ts';

/** The help with the flags of one style where the first word names it, else of all. */
export async function showStyleHelp(
  id: string,
  config: Interfaces.Config,
  argv: readonly string[],
  connect: () => Promise<Connection>,
): Promise<undefined> {
  const all = await reachableStyles(connect);
  const [word] = argv.filter((it) => !it.startsWith('-'));
  const isNamed = all.some((it) => [it.Word, it.Style].some((name) => name.toLowerCase() === word?.toLowerCase()));
  const styles = word !== undefined && isNamed ? [styleOf(all, word)] : all;
  const command = config.findCommand(id, { must: true });
  const own = Object.entries(styleFlags(styles)).map(([name, { description, helpGroup }]) => [
    name,
    { name, type: 'option', multiple: false, hasDynamicHelp: false, description, helpGroup },
  ]);
  const flags = { ...command.flags, ...Object.fromEntries(own) } as Command.Loadable['flags']; // as the manifest has them
  const { examples, args, aliases, hiddenAliases, hidden } = command;
  const { summary, description, usage } = command;
  const load = () => command.load();
  const shown = { load, id, flags, examples, args, aliases, hiddenAliases, hidden, summary, description, usage };
  await new Help(config, { all: true }).showCommandHelp(shown as Command.Loadable); // the rest of it is not printed
  return undefined;
}

/** Help is for everybody: where nothing answers, Octopus's own styles are shown. */
async function reachableStyles(connect: () => Promise<Connection>): Promise<readonly WorkerStyle[]> {
  try {
    await using connection = await connect();
    return await stylesOf(connection.api);
  } catch {
    return (await import('@octo/api')).OCTOPUS_STYLES;
  }
}
