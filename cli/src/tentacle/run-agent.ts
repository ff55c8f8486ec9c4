import { type HttpProxy, type PollState } from '@octo/halibut';
import { OctoError } from '@octo/kernel';
import { type PolledServer, serveMachine } from '@octo/tentacle/agent';
import { utimesSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { isSea } from 'node:sea';
import { realClock } from './clock.ts';
import { type Io } from './command.ts';
import { HEARTBEAT } from './commands/livez.ts';
import { KnownFailure } from './errors.ts';
import { makeFolders } from './files.ts';
import { appendLog } from './log-file.ts';
import { type Settings, type TrustedServer } from './settings.ts';
import { onProbation, probationOf } from './update/probation.ts';
import { become, STAYED_MS } from './update/switch.ts';
import { type Candidate, Updater } from './update/updater.ts';
import { readVersions, writeVersions } from './update/versions.ts';
import { upkeepOf } from './upkeep.ts';
import { VERSION } from './version.ts';

const BEAT_MS = 10_000;

/**
 * Serves until the signal aborts. Scripts that run then go on, and the next agent finds them (halibut.md 7.11, R152). A new
 * version that comes serves on probation in this one's place, and then this process becomes it (I17).
 */
export async function runAgent(settings: Settings, io: Io, signal: AbortSignal): Promise<void> {
  const identity = await settings.certificate();
  if (!identity)
    throw new KnownFailure(
      'No certificate has been generated for this Tentacle. Please run the new-certificate command first.',
    );
  const log = (text: string) => say(settings, io, text);
  const servers = polled(settings);
  announce(settings, servers, log);
  makeFolders(settings.home);
  const beat = heartbeat(join(settings.home, HEARTBEAT));
  const gone = new AbortController();
  const prove = await probationOf(io, gone);
  const until = AbortSignal.any([signal, gone.signal]);
  const stayed = setTimeout(() => hasStayed(settings), STAYED_MS).unref();
  try {
    for (;;) {
      const turn = new AbortController();
      const coming: { candidate?: Candidate } = {};
      const updater = new Updater(settings.home, VERSION, (candidate) => {
        coming.candidate = candidate;
        turn.abort();
      });
      const proxy = pollingProxy(settings);
      await serveMachine(
        {
          identity,
          home: settings.home,
          ...(!settings.noListen && { listen: { port: settings.port, ...hostOf(settings) } }),
          trusted: settings.trustedServers.map((it) => it.thumbprint),
          servers,
          connections: connectionsOf(settings, io),
          ...(proxy && { proxy }),
          name: `octo agent ${VERSION}`,
          environment: environmentOf(settings),
          ...(isSea() && { node: null }), // this executable is no Node that tools could use
          clock: realClock,
          upkeep: upkeepOf(io.env),
          updater,
          ...(prove && { onCall: prove }),
          onListening: (port) => log(`Agent listening on: ${settings.listenIp ?? '[::]'}:${port}`),
          onState: (server, state) => {
            if (state.state === 'connected') prove?.();
            tell(server, state, { log, io, settings });
          },
          onRefused: ({ peer, thumbprint, why }) =>
            log(`A connection from ${peer} was refused: it ${why}${thumbprint ? ` (thumbprint ${thumbprint})` : ''}`),
        },
        AbortSignal.any([until, turn.signal]),
      ).catch(told);
      const { candidate } = coming;
      if (!candidate || until.aborted) break;
      await giveWay(settings, { candidate, updater, io, log }, until);
    }
  } finally {
    clearInterval(beat);
    clearTimeout(stayed);
  }
  log('The agent has stopped.');
}

/** A second agent is foreseen: nothing is wrong with this one. */
function told(error: unknown): never {
  if (!OctoError.is(error) || error.code !== 'OCTO_AGENT_TWICE') throw error;
  throw new KnownFailure(`${error.message}; ${error.hint ?? ''}`);
}

interface Coming {
  readonly candidate: Candidate;
  readonly updater: Updater;
  readonly io: Io;
  readonly log: (text: string) => void;
}

/** Returns where the new version is not good, or cannot be started; else this process is it from then on. */
async function giveWay(
  settings: Settings,
  { candidate, updater, io, log }: Coming,
  signal: AbortSignal,
): Promise<void> {
  log(`Version ${candidate.version} serves on probation`);
  const why = await onProbation(candidate, io, signal);
  if (why === undefined) {
    const { home } = settings;
    log(`Version ${candidate.version} has proved itself, and goes on`);
    writeVersions(home, { current: candidate, attempts: 1, outcome: { state: 'done', version: candidate.version } });
    try {
      become(candidate.path, candidate.version, io);
    } catch (error) {
      writeVersions(home, { current: undefined as never, attempts: 0 }); // JSON leaves it out
      return updater.refuse(candidate, (error as Error).message);
    }
  }
  log(`Version ${candidate.version} is not kept: ${why}. ${VERSION} serves again`);
  await updater.refuse(candidate, why);
}

/** A version that was switched to and serves for a while needs no more attempts. */
function hasStayed({ home }: Settings): void {
  if (readVersions(home).current?.version === VERSION) writeVersions(home, { attempts: 0 });
}

function polled(settings: Settings): readonly PolledServer[] {
  return settings.trustedServers.flatMap(({ style, address, subscriptionId, thumbprint }) =>
    style === 'TentacleActive' && address && subscriptionId ? [{ address, subscriptionId, thumbprint }] : [],
  );
}

/** What a person, or a test that waits for it, reads first (9.2). */
function announce(settings: Settings, servers: readonly PolledServer[], log: (text: string) => void): void {
  const trusted: readonly TrustedServer[] = settings.trustedServers;
  for (const { thumbprint } of trusted) log(`Agent will trust Octopus Servers with the thumbprint: ${thumbprint}`);
  if (trusted.length === 0) log('The agent is not configured to trust any Octopus Servers.');
  for (const { address, subscriptionId, thumbprint } of servers)
    log(
      `Agent will poll Octopus Server at ${address} for subscription ${subscriptionId} expecting thumbprint ${thumbprint}`,
    );
  if (settings.noListen) log('Agent will not listen on any TCP ports');
}

interface Ears {
  readonly log: (text: string) => void;
  readonly io: Io;
  readonly settings: Settings;
}
function tell(server: PolledServer, state: PollState, { log, io, settings }: Ears): void {
  if (state.state === 'connected') {
    if (state.connection === 0)
      log(`Connected to ${server.address}${state.isMultiplexed ? ', for all calls at once' : ''}`);
    return;
  }
  const why = state.error instanceof Error ? state.error.message : 'the server closed the connection';
  if (state.connection !== 0) return;
  const text = `${server.address}: ${why}. Retrying in ${(state.retryMs / 1_000).toFixed(1)} seconds`;
  io.error(text);
  appendLog(settings.logFile, text);
}

/** On the console, and in the instance's own log. */
function say(settings: Settings, io: Io, text: string): void {
  io.line(text);
  appendLog(settings.logFile, text);
}

function heartbeat(file: string): NodeJS.Timeout {
  const touch = () => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      try {
        writeFileSync(file, '');
      } catch {
        // a probe will notice
      }
    }
  };
  touch();
  return setInterval(touch, BEAT_MS).unref();
}

/** Clamped to 1..512 (8.3). */
function connectionsOf(settings: Settings, io: Io): number {
  const count = Number(io.env['TentaclePollingConnectionCount'] ?? settings.pollingConnectionCount ?? 1);
  return Math.min(512, Math.max(1, Number.isFinite(count) ? count : 1));
}
export const registeredConnections = (): number => Math.max(5, cpus().length);

function hostOf(settings: Settings): { readonly host?: string } {
  return settings.listenIp === undefined ? {} : { host: settings.listenIp };
}

export function pollingProxy(settings: Settings): HttpProxy | undefined {
  const { host, port, username, password } = settings.proxy('polling');
  return host === '' ? undefined : { host, port, ...(username !== '' && { username, password }) };
}

/** For every script (7.4). What is not set is absent. */
function environmentOf(settings: Settings): Readonly<Record<string, string>> {
  const { home } = settings;
  const { useDefault, host, port, username, password } = settings.proxy('web');
  return {
    TentacleHome: home,
    TentacleApplications: settings.applicationDirectory,
    TentacleJournal: join(home, 'DeploymentJournal.xml'),
    CalamariPackageRetentionJournalPath: join(home, 'PackageRetentionJournal.json'),
    ...(settings.instance.name !== '' && { TentacleInstanceName: settings.instance.name }),
    TentacleVersion: VERSION,
    TentacleExecutablePath: process.execPath,
    TentacleProgramDirectoryPath: dirname(process.execPath),
    AgentProgramDirectoryPath: dirname(process.execPath),
    TentacleCertificateSignatureAlgorithm: 'sha256RSA',
    TentacleUseDefaultProxy: useDefault ? 'True' : 'False',
    ...(host !== '' && { TentacleProxyHost: host, TentacleProxyPort: String(port) }),
    ...(host !== '' && username !== '' && { TentacleProxyUsername: username, TentacleProxyPassword: password }),
  };
}
