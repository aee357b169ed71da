import { compactVerify, errors, type JWK } from 'jose';
import { z } from 'zod';
import { type AuditRecord, type KeyRing, KeyturnError } from '../../contract/index.ts';
import { genesis, hashOf } from './chain.ts';
import { openIntents } from './ledger.ts';

export interface ChainHead {
  seq: number;
  hash: string;
}

export interface VerifyOptions {
  /** A head known from elsewhere (a rotation's end, a ticket): without it nobody can see that the chain's end is missing. */
  head?: ChainHead;
  /** A key ring, of which only the public part of `sign` is used. Without it signatures are not checked. */
  keys?: Pick<KeyRing, 'byId'>;
}

/** `unchecked`: no keys were given. With keys an unsigned close is a problem. */
export interface Close {
  seq: number;
  signature: 'verified' | 'unchecked';
}

export type Verification =
  | { ok: true; head: ChainHead | undefined; entries: number; closes: Close[]; open: AuditRecord[] }
  | { ok: false; seq: number; problem: string };

/**
 * Checks one credential's whole chain, from its first record, offline. An intent without a result is reported as `open`, which is
 * no problem of the chain.
 * @returns on a problem the sequence number at which it shows.
 */
export async function verifyChain(records: readonly AuditRecord[], options: VerifyOptions = {}): Promise<Verification> {
  const broken = firstBroken(records) ?? beyondHead(records, options.head) ?? wrongEffects(records);
  if (broken) return { ok: false, ...broken };
  const closes: Close[] = [];
  for (const record of records.filter(({ entry }) => entry.kind === 'close')) {
    const problem = options.keys && (await wrongSignature(record, options.keys));
    if (problem) return { ok: false, seq: record.seq, problem };
    closes.push({ seq: record.seq, signature: options.keys ? 'verified' : 'unchecked' });
  }
  const last = records.at(-1);
  const head = last && { seq: last.seq, hash: last.hash };
  return { ok: true, head, entries: records.length, closes, open: openIntents(records) };
}

export interface Problem {
  seq: number;
  problem: string;
}

/** What a store holds that somebody has written to need not be a record. Nothing may stand in one that its hash does not cover. */
export const recordSchema = z.strictObject({
  seq: z.int(),
  prev: z.string(),
  hash: z.string(),
  entry: z.looseObject({
    credential: z.string(),
    rotation: z.string(),
    kind: z.enum(['intent', 'result', 'decision', 'request', 'close']),
    effect: z.string(),
  }),
  signature: z.string().optional(),
});

export function isRecord(record: AuditRecord): boolean {
  const { success, data } = recordSchema.safeParse(record);
  return success && (data.signature === undefined || data.entry.kind === 'close');
}

function firstBroken(records: readonly AuditRecord[]): Problem | undefined {
  let prev = genesis;
  for (const [index, record] of records.entries()) {
    const seq = index + 1;
    if (!isRecord(record)) return { seq, problem: 'what stands there is no record of an audit' };
    const credential = records[0]?.entry.credential;
    if (record.seq !== seq)
      return { seq, problem: `record ${seq} is missing or out of order: ${record.seq} stands there` };
    if (record.entry.credential !== credential) {
      return { seq, problem: `the entry is of another credential, ${record.entry.credential}` };
    }
    if (record.prev !== prev) return { seq, problem: 'the record does not follow the one before it' };
    if (record.hash !== hashIn(record)) return { seq, problem: 'the record was altered: its hash is another' };
    prev = record.hash;
  }
  return undefined;
}

/** Undefined for an entry that has no hash because canonical JSON cannot hold it. */
export function hashIn(record: AuditRecord): string | undefined {
  try {
    return hashOf(record);
  } catch {
    return undefined;
  }
}

function beyondHead(records: readonly AuditRecord[], head: ChainHead | undefined): Problem | undefined {
  if (!head || head.seq === 0) return undefined;
  const record = records[head.seq - 1];
  if (!record) return { seq: records.length + 1, problem: `the chain is cut: it once reached ${head.seq}` };
  if (record.hash === head.hash) return undefined;
  return { seq: head.seq, problem: 'the known head has another hash: the chain was rewritten' };
}

/** One effect has one result, after its intent. Its intent may stand there again: an attempt that found none. */
export function wrongEffects(records: readonly AuditRecord[]): Problem | undefined {
  const intended = new Set<string>();
  const settled = new Set<string>();
  for (const { seq, entry } of records) {
    if (entry.kind === 'intent') intended.add(entry.effect);
    if (entry.kind !== 'result') continue;
    if (!intended.has(entry.effect)) return { seq, problem: `a result without an intent: ${entry.effect}` };
    if (settled.has(entry.effect)) return { seq, problem: `a second result for one intent: ${entry.effect}` };
    settled.add(entry.effect);
  }
  return undefined;
}

/** @returns what is wrong with the signature of a close. */
export async function wrongSignature(
  { hash, signature }: Pick<AuditRecord, 'hash' | 'signature'>,
  keys: Pick<KeyRing, 'byId'>,
): Promise<string | undefined> {
  if (signature === undefined) return 'the close is not signed';
  return wrongJws({ what: 'the close', hash, signature }, keys);
}

/** @returns what is wrong with a detached JWS over a hash, as `sign` makes it. */
export async function wrongJws(
  { hash, signature, typ, what }: { what: string; hash: string; signature: string; typ?: string },
  keys: Pick<KeyRing, 'byId'>,
): Promise<string | undefined> {
  const last = signature.slice(signature.lastIndexOf('.') + 1);
  // Else its last character could be another one that stands for the same bytes.
  if (Buffer.from(last, 'base64url').toString('base64url') !== last) return `the signature of ${what} was altered`;
  const payload = Buffer.from(hash).toString('base64url');
  const jws = signature.replace(/\.\./, `.${payload}.`);
  try {
    const { protectedHeader } = await compactVerify(jws, async ({ kid }) => publicKey(keys, kid), {
      algorithms: ['EdDSA'],
    });
    return protectedHeader.typ === typ ? undefined : `the signature of ${what} was made for something else`;
  } catch (error) {
    if (error instanceof KeyturnError && error.kind === 'not-found')
      return `${what} is signed with an unknown key: ${error.message}`;
    if (error instanceof errors.JOSEError) return `the signature of ${what} is wrong (${error.code})`;
    throw error;
  }
}

export async function publicKey(keys: Pick<KeyRing, 'byId'>, kid: string | undefined): Promise<JWK> {
  const { jwk } = await keys.byId('sign', String(kid));
  const { d: _private, ...shared } = jwk;
  return shared as JWK;
}
