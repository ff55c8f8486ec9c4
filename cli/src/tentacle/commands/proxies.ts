import { type Command, INSTANCE, value } from '../command.ts';
import { parseFlag, type Values } from '../parse.ts';
import { opened } from './shared.ts';

const OPTIONS = [
  ...INSTANCE,
  value('proxyEnable', 'False: no proxy at all'),
  value('proxyHost', 'name or address of the proxy; empty: the one of the system'),
  value('proxyPort', 'its port; 80 by default'),
  value('proxyUsername', 'user name, where it wants one'),
  value('proxyPassword', 'password of that user'),
];

function proxyCommand(name: string, about: string, of: 'polling' | 'web'): Command {
  return {
    name,
    about,
    options: OPTIONS,
    async run(values, io) {
      const settings = opened(values, io);
      const before = settings.proxy(of);
      const enable = values.get('proxyEnable');
      const isEnabled = enable !== undefined && parseFlag(enable, 'proxyEnable');
      // Said to be on, and no host named: the one of the system, as with the real program.
      const host = hostOf(values.get('proxyHost') ?? (isEnabled ? '' : before.host));
      const isOn = enable === undefined ? before.useDefault || host !== '' : isEnabled;
      settings.setProxy(of, {
        useDefault: isOn && host === '',
        host: isOn ? host : '',
        port: portOf(values) ?? before.port,
        username: values.get('proxyUsername') ?? before.username,
        password: values.get('proxyPassword') ?? before.password,
      });
      settings.save();
      io.line(
        isOn
          ? `Proxy: ${host === '' ? 'the one of the system' : `${host}:${settings.proxy(of).port}`}`
          : 'Proxy use is disabled',
      );
    },
  };
}

export const pollingProxy = proxyCommand(
  'polling-proxy',
  'Sets the proxy through which servers are polled.',
  'polling',
);
export const proxy = proxyCommand('proxy', 'Sets the proxy of scripts and of calls to the REST API.', 'web');

/** Of an address that was copied whole, `http://proxy.corp:8080/`, the host is meant. */
function hostOf(text: string): string {
  const host = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^/:?#]*)/i.exec(text)?.[1];
  return host ?? text.trim();
}

/** An empty one is the usual one. */
function portOf(values: Values): number | undefined {
  return values.has('proxyPort') && values.text('proxyPort') === undefined ? 80 : values.number('proxyPort');
}
