import type { AuditRecord, CredentialId, KeyRing, RotationId } from '../../contract/index.ts';
import { type BundleSummary, summaryOf } from './bundle-summary.ts';
import { digestOf, sign } from './chain.ts';
import { publicKey } from './verify.ts';

/** The schema of a bundle, and what its signature says that it is. */
export const bundleSchemaName = 'keyturn-audit-bundle/1';

/** All that the audit has of one rotation, with what is needed to check it without the audit. */
export interface Bundle {
  schema: typeof bundleSchemaName;
  credential: CredentialId;
  rotation: RotationId;
  /** By whoever made the bundle, which says nothing that the records do not. */
  madeAt: string;
  summary: BundleSummary;
  /** Every record of the rotation. */
  records: readonly AuditRecord[];
  /** The hash of every record of the credential's chain, in order: those of other rotations are not shown. */
  chain: readonly string[];
  /** The public keys (JWK) that the signatures are checked with; each `kid` is the key's thumbprint (RFC 7638). */
  keys: readonly Readonly<Record<string, unknown>>[];
  /** The key that signs the bundle; null where whoever made it had none. */
  signedBy: string | null;
  /** Over all of the above. */
  hash: string;
  /** A detached JWS over `hash`. */
  signature?: string;
}

export interface BundleOptions {
  rotation: RotationId;
  at: string;
  /** Absent: nothing is signed, and no public key stands in the bundle. */
  keys?: KeyRing;
}

/** @param chain the credential's whole chain, which was verified. */
export async function bundleOf(chain: readonly AuditRecord[], { at, keys, rotation }: BundleOptions): Promise<Bundle> {
  const records = chain.filter(({ entry }) => entry.rotation === rotation);
  const signer = keys && (await keys.current('sign'));
  // A ring that only verifies has the public part alone.
  const signedBy = signer?.jwk.d === undefined ? null : signer.kid;
  const content = {
    schema: bundleSchemaName,
    credential: records[0]?.entry.credential ?? '',
    rotation,
    madeAt: at,
    summary: summaryOf(records),
    records,
    chain: chain.map(({ hash }) => hash),
    keys: keys ? await publicKeys(keys, records) : [],
    signedBy,
  } as const;
  const hash = digestOf(content);
  if (!keys || signedBy === null) return { ...content, hash };
  return { ...content, hash, signature: await sign(hash, keys, bundleSchemaName) };
}

async function publicKeys(keys: KeyRing, records: readonly AuditRecord[]): Promise<Bundle['keys']> {
  const { kid } = await keys.current('sign');
  const kids = new Set([kid, ...records.flatMap(({ signature }) => (signature === undefined ? [] : kidOf(signature)))]);
  return Promise.all([...kids].map(async (each) => ({ ...(await publicKey(keys, each)) })));
}

/** @returns none for what is no JWS. */
export function kidOf(signature: string): string[] {
  try {
    const { kid } = JSON.parse(Buffer.from(signature.split('.')[0] ?? '', 'base64url').toString()) as { kid?: unknown };
    return typeof kid === 'string' ? [kid] : [];
  } catch {
    return [];
  }
}
