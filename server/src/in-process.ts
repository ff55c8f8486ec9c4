import { directApi, type OctoApi } from '@octo/api';
import { randomWord } from './clock.ts';
import { hostname } from 'node:os';
import { openPlane } from './boot.ts';
import { machineOfEnvironment } from './config.ts';
import { buildApp } from './http/app.ts';
import { inject } from './inject.ts';
import { makeKey } from './keys.ts';
import { silentLogger } from './logging.ts';

export interface InProcessOptions {
  /** Absolute. */
  readonly dataDir: string;
  /** `run`: takes its own tasks and adopts what is left behind; `read`: only looks. */
  readonly mode: 'run' | 'read';
  /** `postgres://…`; default: SQLite in the data folder. */
  readonly databaseUrl?: string;
  readonly pluginRoots?: readonly string[];
}
export interface InProcess extends AsyncDisposable {
  readonly api: OctoApi;
  readonly nodeId: string;
}

/** The plane in this process, behind the same routes, without a socket (house.md 6.3). */
export async function openInProcess(options: InProcessOptions): Promise<InProcess> {
  const nodeId = `local-${process.pid}-${randomWord(6)}`;
  const masterKey = process.env['OCTO_MASTER_KEY'];
  const plane = await openPlane({
    dataDir: options.dataDir,
    mode: options.mode === 'run' ? 'work' : 'read',
    logger: silentLogger,
    node: { id: nodeId, name: `${hostname()} (pid ${process.pid})`, kind: 'in-process', taskCap: 5 },
    machine: machineOfEnvironment(process.env),
    ...(process.env['OCTO_NODE_RUNTIMES'] && { nodeRuntimes: process.env['OCTO_NODE_RUNTIMES'] }),
    ...(options.pluginRoots && { pluginRoots: options.pluginRoots }),
    ...(options.databaseUrl !== undefined && { databaseUrl: options.databaseUrl }),
    ...(masterKey !== undefined && { masterKey }),
  });
  const localKey = makeKey();
  const app = buildApp(plane, { localKey });
  return {
    nodeId,
    api: directApi((request, headers, signal) => inject(app, request, headers, signal), localKey),
    async [Symbol.asyncDispose]() {
      await app.close();
      await plane[Symbol.asyncDispose]();
    },
  };
}
