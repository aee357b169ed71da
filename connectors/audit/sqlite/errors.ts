import { type ErrorKind, KeyturnError } from '../../../contract/index.ts';

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const kinds: Record<number, ErrorKind> = {
  3: 'unauthorized', // PERM
  5: 'transient', // BUSY
  6: 'transient', // LOCKED
  8: 'unauthorized', // READONLY
  10: 'transient', // IOERR
  11: 'invalid', // CORRUPT
  13: 'transient', // FULL
  19: 'invalid', // CONSTRAINT: the triggers of an append-only table
  26: 'invalid', // NOTADB
};

const systemKinds: Record<string, ErrorKind> = {
  EACCES: 'unauthorized',
  EPERM: 'unauthorized',
  EROFS: 'unauthorized',
  ENOTDIR: 'invalid',
  ERR_OUT_OF_RANGE: 'invalid',
};

const fixes: Partial<Record<ErrorKind, string>> = {
  transient: 'see that its disk has room and that nobody else holds it for long:',
  unauthorized: 'let the worker read and write it and its folder:',
  invalid: 'put it back from its backup:',
};

/** An audit sink has no `classify`: it gives its errors their kind itself. Others than these are transient. */
export function asKeyturnError(error: unknown, file: string): KeyturnError {
  if (error instanceof KeyturnError) return error;
  const { errcode, code = '', message } = error as { errcode?: number; code?: string; message: string };
  const kind = (errcode === undefined ? systemKinds[code] : kinds[errcode & 0xff]) ?? 'transient';
  const fix = fixes[kind];
  return new KeyturnError(kind, `the audit ${file}: ${message}`, {
    ...(fix && { fix: `${fix} ${file}` }),
    cause: error,
  });
}
