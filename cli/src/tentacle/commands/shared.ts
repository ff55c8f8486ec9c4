import { type Io } from '../command.ts';
import { type Values } from '../parse.ts';
import { Settings } from '../settings.ts';

/** Said by every command that changes what a running agent has read already. */
export const RESTART = 'These changes require a restart of the Tentacle.';

export function opened(values: Values, io: Io): Settings {
  return Settings.open({ instance: values.text('instance'), config: values.text('config') }, io);
}
