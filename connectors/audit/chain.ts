import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { CompactSign, type JWK } from 'jose';
import { type AuditEntry, type AuditRecord, type AuditSink, type KeyRing, KeyturnError } from '../../contract/index.ts';

/** `prev` of a chain's first record. */
export const genesis = '0'.repeat(64);

const attemptsMax = 50;

export interface AppendOptions {
  /** Signs `close` entries, with its key for the purpose `sign`. */
  signer?: Pick<KeyRing, 'current'>;
}

/**
 * Appends to the chain of the entry's credential: takes the place behind the last record, and the next one whenever another
 * was faster.
 * @throws KeyturnError `transient` when others were faster each time, and whatever the sink throws.
 */
export async function appendEntry(
  sink: AuditSink,
  entry: AuditEntry,
  options: AppendOptions = {},
): Promise<AuditRecord> {
  return append(sink, entry, options, async () => undefined);
}

/**
 * As {@link appendEntry}, but only if the chain holds no entry of this kind and effect yet, also not one that another process
 * appends at the same time.
 * @returns the record that stands there now.
 */
export async function appendOnce(
  sink: AuditSink,
  entry: AuditEntry,
  options: AppendOptions = {},
): Promise<AuditRecord> {
  let seen = 0;
  return append(sink, entry, options, async () => {
    const records = await sink.read(entry.credential, seen + 1);
    seen = records.at(-1)?.seq ?? seen;
    return records.find((record) => record.entry.kind === entry.kind && record.entry.effect === entry.effect);
  });
}

async function append(
  sink: AuditSink,
  entry: AuditEntry,
  options: AppendOptions,
  standing: () => Promise<AuditRecord | undefined>,
): Promise<AuditRecord> {
  const plain = plainData(entry);
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    // `last` before `standing`: an entry that comes in between fails the comparison and is then seen.
    const last = await sink.last(plain.credential);
    const there = await standing();
    if (there) return there;
    const record = await nextRecord(last, plain, options);
    if (await sink.append(record, record.seq - 1)) return record;
  }
  throw new KeyturnError(
    'transient',
    `the audit chain of ${plain.credential} was extended by others ${attemptsMax} times in a row`,
  );
}

async function nextRecord(
  last: AuditRecord | undefined,
  entry: AuditEntry,
  { signer }: AppendOptions,
): Promise<AuditRecord> {
  const seq = (last?.seq ?? 0) + 1;
  const prev = last?.hash ?? genesis;
  const hash = hashOf({ seq, prev, entry });
  if (entry.kind !== 'close' || !signer) return { seq, prev, hash, entry };
  return { seq, prev, hash, entry, signature: await sign(hash, signer) };
}

/** Covers all of a record but its signature. */
export function hashOf({ seq, prev, entry }: Pick<AuditRecord, 'seq' | 'prev' | 'entry'>): string {
  return digestOf({ seq, prev, entry });
}

/** SHA-256, in hex, over canonical JSON (RFC 8785). @throws for what canonical JSON cannot hold. */
export function digestOf(data: unknown): string {
  return createHash('sha256')
    .update(String(canonicalize(data)))
    .digest('hex');
}

/**
 * A compact JWS (EdDSA, RFC 8037) with its payload, the hash, left out (RFC 7515 appendix F).
 * @param typ what is signed, where it is no close.
 */
export async function sign(hash: string, signer: Pick<KeyRing, 'current'>, typ?: string): Promise<string> {
  const { kid, jwk } = await signer.current('sign');
  const about = { alg: 'EdDSA', kid, ...(typ !== undefined && { typ }) };
  const signing = new CompactSign(new TextEncoder().encode(hash)).setProtectedHeader(about);
  const jws = await signing.sign(jwk as JWK);
  const [header, , signature] = jws.split('.');
  return `${header}..${signature}`;
}

/** As every store gives it back: no undefined members, and no lone surrogates, which canonical JSON refuses. */
function plainData(entry: AuditEntry): AuditEntry {
  return JSON.parse(JSON.stringify(entry), (_, value) => (typeof value === 'string' ? value.toWellFormed() : value));
}
