import { type Command, INSTANCE, type Io, value } from '../command.ts';
import { type Values } from '../parse.ts';
import { type Settings } from '../settings.ts';
import { PROBATION } from '../update/probation.ts';
import { switchToUpdated } from '../update/switch.ts';
import { opened } from './shared.ts';

export const agent: Command = {
  name: 'agent',
  aliases: ['run'],
  about: 'Runs the agent in the foreground, for service managers and containers.',
  options: [...INSTANCE, value('wait', 'milliseconds to wait before it starts')],
  async run(values, io) {
    const settings = opened(values, io);
    switchToUpdated(settings.home, io);
    await prepare(settings, io);
    const { runAgent } = await import('../run-agent.ts');
    const stop = new AbortController();
    const signal = AbortSignal.any([io.signal, stop.signal]);
    const waitMs = values.number('wait') ?? 0;
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (!values.has('noninteractive') && io.env[PROBATION] === undefined) untilEnter(values, io, stop);
    await runAgent(settings, io, signal);
    process.stdin.unref?.();
    return 0;
  },
};

/** A certificate, if there is none; entries of no style are those of servers that call (halibut.md 7.11). */
async function prepare(settings: Settings, io: Io): Promise<void> {
  const servers = settings.trustedServers;
  const isOld = !settings.noListen && servers.some((it) => it.style === 'None');
  if (settings.get('Tentacle.Certificate') === undefined) {
    const { newIdentity } = await import('../certificate.ts');
    const identity = await newIdentity(Date.now());
    await settings.setCertificate(identity);
    io.line(`A new certificate has been generated. Thumbprint: ${identity.thumbprint}`);
  } else if (!isOld) return;
  if (isOld)
    settings.setTrustedServers(servers.map((it) => (it.style === 'None' ? { ...it, style: 'TentaclePassive' } : it)));
  settings.save();
}

/** Somebody at a terminal ends it by Enter; a stdin that is at its end ends it, too (9.2). */
function untilEnter(_values: Values, io: Io, stop: AbortController): void {
  io.line('Running. Press <enter> to shut down...');
  process.stdin.once('data', () => stop.abort()).once('end', () => stop.abort());
  process.stdin.resume();
}
