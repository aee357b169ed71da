import type { ZodType } from 'zod';
import type { Context } from './context.ts';
import type { Discovery } from './discovery.ts';
import type { ErrorKind } from './errors.ts';
import type { Secret } from './secret.ts';
import type { Instant, VersionId } from './words.ts';

export interface VaultPowers {
  /** A version can be stored as pending, unseen by those who read current. Without it the newest version is current. */
  staging: boolean;
  /** A version's value can be destroyed. */
  destroys: boolean;
  readsBack: boolean;
  /** How long after a move a reader may still be served the earlier current. */
  propagationMsMax: number;
  writesPerMinute?: number;
  /** What that is counted by: an account, a secret. Absent: everything of this type. */
  rateOf?: string;
}

export interface Version {
  id: VersionId;
  createdAt?: Instant;
}

export interface Stored {
  value: Secret;
  version: Version;
}

export type Which = 'current' | 'pending' | 'previous' | { id: VersionId };

/**
 * One target: a place that stores values. Every method may be called again after its reply was lost, and late.
 * Every change is conditional on the version last seen as current: where it is another, `conflict`, and nothing
 * is touched.
 */
export interface Vault {
  /** Checks integrity where the vault gives checksums. */
  read(ctx: Context, which: Which): Promise<Stored | 'absent'>;
  /**
   * Stores a value: as pending where the vault has staging, else as the newest and so current. If exactly this value
   * already stands there, its version is returned and nothing is added.
   * @param expected the version that is current, `absent` for a target that holds nothing yet (its first value then
   * becomes current at once).
   * @throws KeyturnError `conflict` when current is another or a pending of someone else's stands there.
   */
  write(ctx: Context, value: Secret, expected: VersionId | 'absent'): Promise<Version>;
  /**
   * Makes `to` current; the version that was current becomes previous. A pending marker on `to` is taken away. If `to` is current
   * already: success. Where the newest wins, that is meant by value, and else the value of `to` is added again as a newer version.
   * @returns the version that is current now.
   * @throws KeyturnError `conflict` when current is neither `expected` nor `to`; `not-found`.
   */
  moveCurrent(ctx: Context, to: VersionId, expected: VersionId): Promise<Version>;
  /**
   * Takes away a version: its markers, and its value where the vault can. Absent is success.
   * @throws KeyturnError `conflict` when it is current.
   */
  destroy(ctx: Context, version: VersionId): Promise<void>;
  /** What readers of this target should know before a rotation. For `keyturn check`. */
  warnings?(ctx: Context): Promise<string[]>;
  /** What the source has, in all places. With `source` of the connector. For `keyturn discover`. */
  discover?(ctx: Context): Discovery;
}

/** What a vault's folder exports as `connector`. */
export interface VaultConnector<Config = unknown> {
  kind: 'vault';
  /** The folder's name, and `vault` in a catalog's target. */
  name: string;
  /** Strict. A target without its `name` and `value`: `vault` and what else locates it. */
  schema: ZodType<Config>;
  /** Where it is, as a printable id that no two credentials may share. */
  location(config: Config): string;
  powers(config: Config): VaultPowers;
  /** Where `discover` looks, and as whom, as a printable id: of configurations that share it one is asked. */
  source?(config: Config): string;
  /** @returns undefined for an error that it does not know: the guard then calls it transient. */
  classify(error: unknown): ErrorKind | undefined;
  open(config: Config): Vault;
}
