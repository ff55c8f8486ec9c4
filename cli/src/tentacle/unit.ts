import { isSea } from 'node:sea';

/** A systemd unit for one instance (halibut.md 9.2). Pure text: systemd itself is seen where there is one. */
export interface Unit {
  /** '': the one of a configuration file that is in no list. */
  readonly instance: string;
  readonly configPath?: string;
  /** Program and its first arguments, each a word. */
  readonly program: readonly string[];
  readonly user: string;
  readonly dependOn?: string;
  /** Without which the instance would not be found. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** This program, as it was called: one executable; Node and a script; or `octo tentacle`. */
export function thisProgram(argv: readonly string[] = process.argv, isExecutable = isSea()): readonly string[] {
  if (isExecutable) return [process.execPath];
  const [, script = '', verb = ''] = argv;
  return [process.execPath, script, ...(verb === 'tentacle' ? [verb] : [])];
}

export const unitName = (instance: string): string =>
  `${(instance || UNNAMED).replaceAll(/[^A-Za-z0-9_.@-]/g, '-')}.service`;

/** As the real program calls it; there is one on a machine. */
const UNNAMED = 'OctopusDeploy-Tentacle';

export function unitText({ instance, configPath = '', program, user, dependOn, environment = {} }: Unit): string {
  const words = [...program, 'run', instance ? `--instance=${instance}` : `--config=${configPath}`, '--noninteractive']
    .map(word)
    .join(' ');
  const lines = [
    '[Unit]',
    `Description=octo agent ${instance || configPath}`,
    `After=network.target${dependOn ? ` ${dependOn}` : ''}`,
    ...(dependOn ? [`Requires=${dependOn}`] : []),
    '',
    '[Service]',
    'Type=simple',
    `User=${user}`,
    ...Object.entries(environment).map(
      ([name, text]) => `Environment=${quoted(`${name}=${text}`.replaceAll('%', '%%'))}`,
    ),
    `ExecStart=${words}`,
    'Restart=always',
    'RestartSec=5',
    '# Scripts outlive the agent: they are found again by the next one.',
    'KillMode=process',
    'TimeoutStopSec=30',
    'LimitNOFILE=65536',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ];
  return lines.join('\n');
}

export const programFile = (): string => thisProgram()[1] ?? process.execPath;

/** systemd splits by spaces and expands % everywhere, and $ in the words of a command. */
function word(text: string): string {
  return quoted(text.replaceAll('%', '%%').replaceAll('$', '$$$$'));
}
function quoted(plain: string): string {
  return /[\s"'\\]/.test(plain) ? `"${plain.replaceAll(/["\\]/g, String.raw`\$&`)}"` : plain;
}
