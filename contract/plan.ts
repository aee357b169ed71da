import type { ListedKey } from './activities.ts';
import type { CredentialId, Instant, KeyId, VersionId } from './words.ts';

/** What a rotation would do now: found by looking, with nothing touched. */
export interface Plan {
  credential: CredentialId;
  /** What approvers of a rotation agree to, as long as nothing changes. */
  hash: string;
  order: 'make-before-break' | 'in-place';
  /** The new value comes from a person. */
  byHand?: true;
  targets: readonly { name: string; version: VersionId; keyId: KeyId }[];
  /** Every key of the principal. */
  keys: readonly ListedKey[];
  /** They go when the new one is in use everywhere. */
  goes: readonly KeyId[];
  /** They go before the new one comes: an earlier rotation left them, or the request names them. */
  goesFirst: readonly KeyId[];
  /** When the calendar lets a new key be made: now, where it is open. */
  from: Instant | 'never';
}
