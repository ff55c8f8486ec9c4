import { type Command, flag, value } from '../command.ts';
import { KnownFailure } from '../errors.ts';

const windowsOnly = (name: string, about: string, options: Command['options']): Command => ({
  name,
  about,
  options,
  run: async () => {
    throw new KnownFailure(
      `${name} is only supported on Windows. Here the service manager does it: see tentacle help service.`,
    );
  },
});

export const checkServices = windowsOnly('checkservices', 'Windows: starts instances that have stopped.', [
  value('instances', 'names, with commas between, or *'),
]);
export const watchdog = windowsOnly('watchdog', 'Windows: a task that starts instances that have stopped.', [
  flag('create', 'make it'),
  flag('delete', 'remove it'),
  value('interval', 'minutes between'),
  value('instances', 'names, or *'),
]);
