import { type ErrorKind, KeyturnError } from '../../contract/index.ts';

/** https://www.postgresql.org/docs/17/errcodes-appendix.html: whole codes first, then classes. */
const kinds: Readonly<Record<string, ErrorKind>> = {
  '25006': 'transient', // read-only: the server is a standby, as in a failover
  '28000': 'unauthorized',
  '28P01': 'unauthorized',
  '3D000': 'not-found',
  '42501': 'unauthorized',
  '42704': 'not-found',
  '55P03': 'transient', // lock not available
  '57014': 'transient', // statement timeout
};

const classes: Readonly<Record<string, ErrorKind>> = {
  '08': 'transient', // connection
  '0A': 'invalid',
  '22': 'invalid',
  '23': 'invalid',
  '25': 'invalid',
  '28': 'unauthorized',
  '40': 'transient', // serialization, deadlock
  '42': 'invalid',
  '53': 'transient', // out of connections, memory, disk
  '57': 'transient', // shutting down, starting up
  '58': 'transient', // the server's own input and output
  XX: 'transient',
};

const networkCodes = /^(E(CONN|HOST|NET|PIPE|AI_AGAIN|TIMEDOUT|NOTFOUND|ADDRNOTAVAIL))/;
const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|^ERR_(SSL|TLS)/;
/** The client library gives these no code. */
const lost = /^(timeout expired|Query read timeout|Connection terminated\b.*|Client (has encountered|was closed).*)$/;
const unwilling =
  /^(The server does not support SSL connections|There was an error establishing an SSL connection|SASL: .*)$/;

/** @returns undefined for what came neither from PostgreSQL, nor from its client library, nor from the network. */
export function classify(error: unknown): ErrorKind | undefined {
  if (error instanceof KeyturnError) return error.kind;
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return kindOfCode(code);
  if (lost.test(error.message)) return 'transient';
  return unwilling.test(error.message) ? 'invalid' : undefined;
}

function kindOfCode(code: string): ErrorKind | undefined {
  if (/^[0-9A-Z]{5}$/.test(code)) return kinds[code] ?? classes[code.slice(0, 2)];
  if (networkCodes.test(code)) return 'transient';
  return certificateCodes.test(code) ? 'invalid' : undefined;
}

/** The server's own code (SQLSTATE), and what it says of where in its code the error arose, which is the same in every language. */
export function stateOf(error: unknown): { sqlstate: string; routine?: string } | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, routine } = error as { code?: unknown; routine?: unknown };
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return undefined;
  return { sqlstate: code, ...(typeof routine === 'string' ? { routine } : {}) };
}
