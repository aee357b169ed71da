import type { ZodType } from 'zod';
import type { Context } from './context.ts';
import type { Discovery } from './discovery.ts';
import type { ErrorKind } from './errors.ts';
import type { KeyValue } from './secret.ts';
import type { Instant, KeyId } from './words.ts';

/** What a provider can do, as data. The lifecycle branches on this and never on a connector's name. */
export interface ProviderPowers {
  /** Two keys at once, or one that is changed where it stands. */
  order: 'make-before-break' | 'in-place';
  /** Keyturn chooses the value (`choose`, then `apply`), or the provider makes it (`mint`). */
  chooses: boolean;
  /**
   * Its keys are made and revoked by people: values are handed in, the old key's refusal is proven, or confirmed by a person where nobody can be
   * asked. Neither `choose` nor `mint`, and `remove` is not called. `where`: an address or words, for them.
   */
  byHand?: { where?: string };
  /** There is an issuer that accepts or refuses values. Without one, those who accept the value attest it. */
  verifies: boolean;
  /** A key can be refused without being removed, and accepted again. Without it there is no soak. */
  disables: boolean;
  /** `inventory` says when a key was last used. */
  tellsUse: boolean;
  /** How long the report of a use may lag behind the use. */
  lastUsedLagMs?: number;
  /** The vendor gives no bound for the lag, or not every use is reported: the evidence is marked so. `lagSource` says what it rests on. */
  indicative?: boolean;
  lagSource?: string;
  /** The report does not tell our own use of a key from that of others. */
  countsOurUse?: boolean;
  /** The most keys that one principal can have. */
  keysMax?: number;
  /** How long a new or changed key may take until it is accepted (or refused) everywhere. */
  propagationMsMax: number;
  /** So many calls of this interface, of all principals that share what the provider counts by. */
  requestsPerMinute?: number;
  /** What that is counted by: an account. Absent: everything of this type. */
  rateOf?: string;
}

/** One key as the provider lists it. */
export interface Key {
  id: KeyId;
  state: 'active' | 'disabled';
  createdAt?: Instant;
  lastUse?: { at: Instant; by?: string } | 'never' | 'unknown';
  /**
   * What the provider held where this key lives when it was read, for providers whose keys live in a named place (a
   * login). An effect on the key is refused with `conflict` when it is no longer so.
   */
  etag?: string;
}

export interface NewKey {
  key: Key;
  value: KeyValue;
}

/** What stood at the provider when the rotation began. */
export interface Standing {
  /** The key that the targets serve as current. */
  held: KeyId;
  keys: readonly Key[];
}

/**
 * The system that issues and revokes keys. Every method may be called again after its reply was lost, and late.
 * Errors are thrown as the vendor's SDK throws them: the connector's `classify` gives their kind, the guard does the
 * rest (redaction, timing, audit).
 */
export interface Provider {
  /**
   * Which key is this stored value? Computed from the value, without the provider, wherever that is possible.
   * `unknown` if the value is not one of this provider's.
   */
  identify(ctx: Context, value: KeyValue): Promise<KeyId | 'unknown'>;
  /**
   * Every key of this principal, whoever made it, paged to the end. `held` are ids of values known to be accepted:
   * a provider that cannot list the ids of its keys names the key in such a place by them.
   */
  inventory(ctx: Context, held: readonly KeyId[]): Promise<Key[]>;
  /** Makes one key. One call to the provider, its own retries off: it is never repeated by the client. */
  mint?(ctx: Context): Promise<NewKey>;
  /** Chooses a value and names its key. No effect; called once, before any. @throws `limit` when there is no place. */
  choose?(ctx: Context, standing: Standing): Promise<NewKey>;
  /**
   * Sets the chosen value, all of it (password, login right, grants) or nothing. Already set is success.
   * `expected` is what the place held when it was last read.
   * @throws `conflict` when the place holds neither that nor this key.
   */
  apply?(ctx: Context, chosen: NewKey, expected: Key | undefined): Promise<Key>;
  /** Uses the value. @throws when it cannot tell: a host that is down is not a refusal. */
  verify(ctx: Context, value: KeyValue): Promise<Verdict>;
  /** Already disabled is success. @throws `not-found`, `conflict`. */
  disable?(ctx: Context, key: Key): Promise<void>;
  /** Already enabled is success. @throws `not-found`, `conflict`. */
  enable?(ctx: Context, key: Key): Promise<void>;
  /** Absent, or replaced by a later key in the same place, is success. */
  remove(ctx: Context, key: Key): Promise<void>;
  /** Runs one of the credential's own smoke tests with this value. Resolves when it passes. @throws `invalid` else. */
  smokeTest?(ctx: Context, value: KeyValue, test: unknown): Promise<void>;
  /** What a person has to prepare, as text to run there, and what is wrong now. For `keyturn check`. */
  prepare?(ctx: Context): Promise<Preparation>;
  /** What the source has, of all principals. With `source` of the connector. For `keyturn discover`. */
  discover?(ctx: Context): Discovery;
}

export interface Verdict {
  verdict: 'accepted' | 'refused';
  /** The server's own code or words for it (`28P01`, `InvalidClientTokenId`), never the value. */
  answer?: string;
}

export interface Preparation {
  ready: boolean;
  problems: readonly string[];
  /** For example the SQL that makes the roles. Never holds a value. */
  script?: string;
}

/** The fields of a key's value. `main` is the one that a `raw` target holds; `user` and `password` fill a URL. */
export interface KeyFields {
  all: readonly string[];
  main: string;
  user?: string;
  password?: string;
}

/** What a provider's folder exports as `connector`. */
export interface ProviderConnector<Config = unknown> {
  kind: 'provider';
  /** The folder's name, and `type` in the catalog. */
  name: string;
  /** Strict: unknown fields are errors. Includes `type`. */
  schema: ZodType<Config>;
  fields(config: Config): KeyFields;
  /** One entry of the catalog's `smokeTests`, where the provider runs any. */
  smokeTestSchema?: ZodType;
  /** Who the keys belong to, as printable ids of which no two credentials may share any. None where there is no issuer. */
  principals(config: Config): readonly string[];
  powers(config: Config): ProviderPowers;
  /** Where `discover` looks, and as whom, as a printable id: of configurations that share it one is asked. */
  source?(config: Config): string;
  /** @returns undefined for an error that it does not know: the guard then calls it transient. */
  classify(error: unknown): ErrorKind | undefined;
  /** Makes no connection by itself. */
  open(config: Config): Provider;
}
