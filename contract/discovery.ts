import type { Instant, KeyId } from './words.ts';

/**
 * Something that a provider or vault has: a login, an access key, a stored secret. Never with its value: what discovers reads none.
 * Times are left out where the system does not tell them.
 */
export interface Discovered {
  /** What people there call it, safe to print. */
  name: string;
  /**
   * By what a catalog names it. `anywhere`: as `principals` or `location` would say; `here`: as they would for one declared with the same
   * source, where what they say is not the same thing at another.
   */
  named: { anywhere: readonly string[]; here?: readonly string[] };
  /** The key, where the system names keys. */
  keyId?: KeyId;
  createdAt?: Instant;
  changedAt?: Instant;
  lastUse: { at: Instant; by?: string } | 'never' | 'unknown';
  /** What else a person should know before they decide: it is disabled, somebody else manages it. */
  notes: readonly string[];
  /** As the `provider` or the target of a catalog would declare it: the connector's own fields, defaults left out. */
  declares: Readonly<Record<string, unknown>>;
}

/**
 * All that there is, page by page as the system gives it, to the last one; a page may be empty. One page is in memory at a time. It only
 * reads, and never a value.
 * @throws KeyturnError `unauthorized` that names the right which is missing, also after some pages.
 */
export type Discovery = AsyncIterable<readonly Discovered[]>;
