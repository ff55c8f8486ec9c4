import { InputError } from '@octo/kernel';
import { Client, type ClientConfig, types } from 'pg';

/** Longest that the server works on one statement. */
const STATEMENT_MS = 30_000;
/** Longest wait for a row that another transaction keeps. */
const LOCK_MS = 10_000;
/** Longest wait for an answer, also from a server that has vanished without a word. */
const ANSWER_MS = STATEMENT_MS + 5_000;
const INT8 = 20;
const NUMERIC = 1_700;

export interface AddressOptions {
  /** `postgres://user:password@host:5432/name?sslmode=verify-full&sslrootcert=/etc/ca.pem` */
  readonly url: string;
  /** Longest wait for a connection. */
  readonly connectMs: number;
  readonly isReadOnly: boolean;
}

/** `sslmode` means what it means to psql. No message names the address: there may be a password in it. */
export function clientConfig({ url, connectMs, isReadOnly }: AddressOptions): ClientConfig {
  const config: ClientConfig = {
    connectionString: checked(url),
    application_name: 'octo',
    connectionTimeoutMillis: connectMs,
    statement_timeout: STATEMENT_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: STATEMENT_MS, // a process that was halted keeps nobody from its rows
    query_timeout: ANSWER_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: parserOf as typeof types.getTypeParser }, // only ever asked for texts
    // the server, too, notices within half a minute that a machine is gone, and lets go of the locks of its node
    options: `-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3${
      isReadOnly ? ' -c default_transaction_read_only=on' : ''
    }`,
  };
  expectSound(config);
  return config;
}

/** Numbers as numbers: none of ours is above 2^53. */
function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === INT8 || oid === NUMERIC ? Number : types.getTypeParser(oid, format as 'text');
}

function checked(url: string): string {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new InputError('OCTO_STORAGE_URL', 'the address of the database is no URL that begins with postgres://', {
      hint: 'write it like postgres://octo:password@db.example:5432/octo?sslmode=verify-full',
    });
  const address = new URL(url);
  if (address.searchParams.has('sslmode')) address.searchParams.set('uselibpqcompat', 'true');
  return address.href;
}

/** Reads the files of the certificates, too. */
function expectSound(config: ClientConfig): void {
  try {
    new Client(config);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'a parameter of it is not understood';
    throw new InputError('OCTO_STORAGE_URL', `the address of the database cannot be used: ${code}`, {
      hint: 'check sslmode and the files of sslrootcert, sslcert and sslkey',
    });
  }
}
