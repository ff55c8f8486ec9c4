import { ConflictError, InputError, OctoError } from '@octo/kernel';

/** Another transaction was in the way. After 23505 (not unique) the check that a write begins with finds the other's row. */
const IN_THE_WAY: ReadonlySet<string> = new Set(['40001', '40P01', '23505']);
const NETWORK: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // a socket in the file system
]);
/** Class 08, shutdowns and starts, no free connection, and a transaction that the server ended because it lay idle. */
const GONE = /^(08...|57P0[1-5]|53300|25P0[34])$/;
/** What pg says without a code. */
const GONE_TEXT = /^(Connection terminated|timeout e|Query read timeout|Client (has encountered|was closed))/;

export function isInTheWay(error: unknown): boolean {
  return IN_THE_WAY.has(codeOf(error));
}

/** No connection, or none any more. */
export function isGone(error: unknown): boolean {
  const code = codeOf(error);
  if (NETWORK.has(code) || GONE.test(code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isGone); // one for each address of a name
  return code === '' && error instanceof Error && GONE_TEXT.test(error.message);
}

/** What PostgreSQL throws, as what a person can act upon. What is not known here is a bug and stays as it is. */
export function explainPostgres(error: unknown): unknown {
  if (OctoError.is(error)) return error;
  const code = codeOf(error);
  if (isGone(error)) return unreachable(error);
  if (code === '28P01' || code === '28000' || code === '3D000')
    return new InputError('OCTO_STORAGE_LOGIN', `PostgreSQL refuses the login (${code})`, {
      hint: 'check user, password and database in --db or OCTO_DB',
      cause: error,
    });
  if (code === '57014' || code === '55P03' || code === '40001' || code === '40P01')
    return new ConflictError('OCTO_STORAGE_BUSY', `the database did not get to it in time (${code})`, {
      hint: 'look in pg_stat_activity and pg_locks who keeps it',
      cause: error,
    });
  if (code === '53100')
    return new ConflictError('OCTO_STORAGE_FULL', 'the disk of the database is full', {
      hint: 'make room there, then repeat what failed',
      cause: error,
    });
  if (code === '25006')
    return new ConflictError('OCTO_STORAGE_READ_ONLY', 'the database is open for reading only', {
      hint: 'name the primary server in --db or OCTO_DB, not a standby',
      cause: error,
    });
  return error;
}

export function unreachable(cause: unknown): OctoError {
  const why = reasonOf(cause);
  return new OctoError('OCTO_STORAGE_UNREACHABLE', `the database cannot be reached (${why})`, {
    hint: 'check that PostgreSQL runs where --db or OCTO_DB says, and the network in between',
    cause,
  });
}

/** The one failure of which nobody can say what it left: the connection was lost while it committed. */
export function commitUnknown(cause: unknown): OctoError {
  return new OctoError('OCTO_STORAGE_COMMIT_UNKNOWN', `the database went away during a commit (${reasonOf(cause)})`, {
    hint: 'look whether it was done before you repeat it',
    cause,
  });
}

function reasonOf(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
