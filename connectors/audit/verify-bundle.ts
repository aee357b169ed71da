import { calculateJwkThumbprint, type JWK } from 'jose';
import { z } from 'zod';
import { type KeyRing, KeyturnError } from '../../contract/index.ts';
import { type Bundle, bundleSchemaName, kidOf } from './bundle.ts';
import { summaryOf } from './bundle-summary.ts';
import { digestOf, genesis } from './chain.ts';
import {
  type ChainHead,
  hashIn,
  isRecord,
  type Problem,
  recordSchema,
  wrongEffects,
  wrongJws,
  wrongSignature,
} from './verify.ts';

export interface BundleVerifyOptions {
  /** A head of the credential's chain known from elsewhere. */
  head?: ChainHead;
  /** The thumbprint, known from elsewhere, of the only key that may have signed. */
  key?: string;
}

/**
 * `close` is the signature of the rotation's end (`none`: it has no end), `signedBy` the thumbprint of the key that signed the bundle, null
 * where none has: whose key that is only somebody else can say. `hidden` counts the records of others between those of the rotation.
 */
export type BundleVerification =
  | {
      ok: true;
      bundle: Bundle;
      signedBy: string | null;
      close: 'verified' | 'unchecked' | 'none';
      hidden: number;
      head: ChainHead;
    }
  | { ok: false; seq: number | null; problem: string };

const keySchema = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string(),
  use: z.literal('sig').optional(),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});

const bundleSchema = z.strictObject({
  schema: z.literal(bundleSchemaName),
  credential: z.string(),
  rotation: z.string(),
  madeAt: z.iso.datetime(),
  summary: z.looseObject({}),
  records: z.array(recordSchema).min(1),
  chain: z.array(z.string().regex(/^[0-9a-f]{64}$/)).min(1),
  keys: z.array(keySchema),
  signedBy: z.string().nullable(),
  hash: z.string(),
  signature: z.string().optional(),
});

/** Checks a bundle by itself, without the audit; with a head or a key known from elsewhere also against these. */
export async function verifyBundle(given: unknown, options: BundleVerifyOptions = {}): Promise<BundleVerification> {
  const parsed = bundleSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ok: false, seq: null, problem: `it is no bundle: ${issue?.path.join('.') || 'file'}: ${issue?.code}` };
  }
  // As it was given: every member of it counts.
  const bundle = given as Bundle;
  const broken =
    wrongRecords(bundle) ??
    wrongEffects(bundle.records) ??
    wrongContent(bundle) ??
    (await wrongKeys(bundle, options.key)) ??
    (await wrongSignatures(bundle)) ??
    offHead(bundle, options.head);
  if (broken) return { ok: false, ...broken };
  const { chain, records } = bundle;
  const closes = records.filter(({ entry }) => entry.kind === 'close');
  const checked = closes.some((record) => record.signature !== undefined && bundle.keys.length > 0);
  const [first, last] = [records[0]?.seq ?? 0, records.at(-1)?.seq ?? 0];
  return {
    ...{ ok: true, bundle },
    signedBy: bundle.signedBy,
    close: closes.length === 0 ? 'none' : checked ? 'verified' : 'unchecked',
    hidden: last - first + 1 - records.length,
    head: { seq: chain.length, hash: chain.at(-1) ?? '' },
  };
}

type Found = Omit<Problem, 'seq'> & { seq: number | null };

/** Each by itself, in its place in the chain, after the one before it. */
function wrongRecords({ chain, credential, records, rotation }: Bundle): Found | undefined {
  let before = 0;
  for (const record of records) {
    const { entry, hash, prev, seq } = record;
    const wrong = (problem: string) => ({ seq, problem });
    if (!isRecord(record)) return wrong('what stands there is no record of an audit');
    if (seq <= before) return wrong('the record is out of order');
    if (entry.credential !== credential) return wrong(`the entry is of another credential, ${entry.credential}`);
    if (entry.rotation !== rotation) return wrong(`the entry is of another rotation, ${entry.rotation}`);
    if (hash !== hashIn(record)) return wrong('the record was altered: its hash is another');
    if (chain[seq - 1] !== hash) return wrong('the record is not the one that the chain has there');
    if (prev !== (seq === 1 ? genesis : chain[seq - 2])) return wrong('the record does not follow the one before it');
    before = seq;
  }
  return undefined;
}

function wrongContent({ hash, signature: _signature, ...content }: Bundle): Found | undefined {
  const problem = wrongContentIn(content, hash);
  return problem === undefined ? undefined : { seq: null, problem };
}

function wrongContentIn(content: Omit<Bundle, 'hash' | 'signature'>, hash: string): string | undefined {
  try {
    if (digestOf(summaryOf(content.records)) !== digestOf(content.summary)) {
      return 'the summary says something else than the records';
    }
    return digestOf(content) === hash ? undefined : 'the bundle was altered: its hash is another';
  } catch {
    return 'it holds what canonical JSON cannot hold';
  }
}

async function wrongKeys(bundle: Bundle, known: string | undefined): Promise<Found | undefined> {
  for (const jwk of bundle.keys) {
    if ((await calculateJwkThumbprint(jwk as JWK).catch(() => undefined)) !== jwk.kid) {
      return { seq: null, problem: `the key ${jwk.kid} has another thumbprint` };
    }
  }
  if (known === undefined || bundle.signedBy === known) return undefined;
  return { seq: null, problem: `it is not signed with the known key, but with ${bundle.signedBy ?? 'none'}` };
}

async function wrongSignatures(bundle: Bundle): Promise<Found | undefined> {
  const { records } = bundle;
  const keys = ringOf(bundle);
  for (const record of records.filter(({ entry }) => entry.kind === 'close' && bundle.keys.length > 0)) {
    const problem = await wrongSignature(record, keys);
    if (problem) return { seq: record.seq, problem };
  }
  const problem = await wrongOwn(bundle, keys);
  return problem === undefined ? undefined : { seq: null, problem };
}

async function wrongOwn({ hash, signature, signedBy }: Bundle, keys: Pick<KeyRing, 'byId'>) {
  if (signature === undefined) return signedBy === null ? undefined : 'the signature of the bundle is missing';
  if (kidOf(signature).join() !== signedBy) return 'the bundle is signed by another key than it says';
  return wrongJws({ what: 'the bundle', hash, signature, typ: bundleSchemaName }, keys);
}

function offHead({ chain }: Bundle, head: ChainHead | undefined): Found | undefined {
  if (!head || head.seq === 0) return undefined;
  const { hash, seq } = head;
  if (chain[seq - 1] === hash) return undefined;
  const problem =
    seq > chain.length
      ? `the known head is behind the end of the bundle's chain, which reaches ${chain.length}: make the bundle anew`
      : 'the known head has another hash: the chain was rewritten';
  return { seq, problem };
}

function ringOf({ keys }: Bundle): Pick<KeyRing, 'byId'> {
  return {
    async byId(_purpose, kid) {
      const jwk = keys.find((each) => each.kid === kid);
      if (jwk) return { kid, jwk };
      throw new KeyturnError('not-found', `the bundle has no key ${kid}`);
    },
  };
}
