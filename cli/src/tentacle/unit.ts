/** A systemd unit for one instance (halibut.md 9.2). Pure text: systemd itself is seen where there is one. */
export interface Unit {
  readonly instance: string;
  /** Program and its first arguments, each a word. */
  readonly program: readonly string[];
  readonly user: string;
  readonly dependOn?: string;
}

export const unitName = (instance: string): string => `${instance.replaceAll(/[^A-Za-z0-9_.@-]/g, '-')}.service`;

export function unitText({ instance, program, user, dependOn }: Unit): string {
  const words = [...program, 'run', `--instance=${instance}`, '--noninteractive'].map(word).join(' ');
  const lines = [
    '[Unit]',
    `Description=octo agent ${instance}`,
    `After=network.target${dependOn ? ` ${dependOn}` : ''}`,
    ...(dependOn ? [`Requires=${dependOn}`] : []),
    '',
    '[Service]',
    'Type=simple',
    `User=${user}`,
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

/** systemd splits by spaces and expands % and $. */
function word(text: string): string {
  const plain = text.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /[\s"'\\]/.test(plain) ? `"${plain.replaceAll(/["\\]/g, String.raw`\$&`)}"` : plain;
}
