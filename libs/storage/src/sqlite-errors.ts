import { ConflictError, OctoError } from '@octo/kernel';

export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}

/** What SQLite throws, as what a person can act upon. What is not known here is a bug and stays as it is. */
export function explainSqlite(error: unknown): unknown {
  const code = codeOf(error);
  if (isBusy(error))
    return new ConflictError('OCTO_STORAGE_BUSY', 'another process holds the write lock of the data folder', {
      hint: 'look which process works on this data folder, and whether it hangs',
      cause: error,
    });
  if (code === 'SQLITE_FULL')
    return new ConflictError('OCTO_STORAGE_FULL', 'the disk of the data folder is full', {
      hint: 'make room there, then repeat what failed',
      cause: error,
    });
  if (code === 'SQLITE_READONLY' || code === 'SQLITE_READONLY_DIRECTORY')
    return new ConflictError('OCTO_STORAGE_READ_ONLY', 'the database is open for reading only', {
      hint: 'check who may write to the data folder and its octo.db',
      cause: error,
    });
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN'))
    return new OctoError('OCTO_STORAGE_DISK', `the database cannot be read or written (${code})`, {
      hint: 'check the disk of the data folder and who may write there',
      cause: error,
    });
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return new OctoError('OCTO_STORAGE_DAMAGED', `octo.db is damaged (${code})`, {
      hint: 'stop octo and put back a backup of the whole data folder',
      cause: error,
    });
  return error;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
