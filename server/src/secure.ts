import { InputError, type Logger } from '@octo/kernel';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type Server } from 'node:https';

export interface TlsFiles {
  /** PEM: the server's certificate, then those that lead to its authority. */
  readonly certificate: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
}

/** How often the files are looked at. A renewal replaces them; no restart is needed. */
const LOOK_MS = 10_000;

/** Both files, checked to belong together, so that a mistake is seen at the start and not by the first client. */
export async function readTls(files: TlsFiles): Promise<TlsMaterial> {
  const [cert, key] = await Promise.all([read(files.certificate, 'certificate'), read(files.key, 'key')]);
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return { cert, key };
  } catch (cause) {
    throw new InputError(
      'OCTO_TLS_FILES',
      `${files.certificate} or ${files.key} is not PEM: ${(cause as Error).message}`,
      {
        hint: 'a certificate and its private key without a passphrase, both in PEM',
        cause,
      },
    );
  }
  throw new InputError('OCTO_TLS_FILES', `${files.key} is not the key of ${files.certificate}`, {
    hint: 'name the two files that were made together',
  });
}

async function read(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new InputError('OCTO_TLS_FILES', `the ${what} ${file} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Take over renewed files for new connections. Files that do not fit are told, and the old ones stay. */
export function followTls(server: Pick<Server, 'setSecureContext'>, files: TlsFiles, logger: Logger): Disposable {
  let known = '';
  let isLooking = false;
  const look = async (): Promise<void> => {
    const state = await stateOf(files);
    if (known === '' || state === known) {
      known ||= state;
      return;
    }
    const { cert, key } = await readTls(files); // half of a renewal does not fit, and is looked at again
    server.setSecureContext({ cert, key });
    known = state;
    logger.info({ room: 'http', certificate: files.certificate }, 'the renewed certificate is used from now on');
  };
  const round = (): void => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) =>
        logger.warn({ room: 'http', error: String(error) }, 'the renewed certificate cannot be used yet'),
      )
      .finally(() => (isLooking = false));
  };
  round();
  const timer = setInterval(round, LOOK_MS).unref();
  process.on('SIGHUP', round);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      process.off('SIGHUP', round);
    },
  };
}

async function stateOf(files: TlsFiles): Promise<string> {
  const states = await Promise.all([stat(files.certificate), stat(files.key)]);
  return states.map((it) => `${it.mtimeMs} ${it.ino} ${it.size}`).join(' ');
}
