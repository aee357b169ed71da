import type { Attestation, Change } from './consumer.ts';
import type { Credential, CredentialConsumer, Target } from './credential.ts';
import type { Overdue, Watched } from './lookout.ts';
import type { Notice, Notify } from './notice.ts';
import type { Key, ProviderPowers } from './provider.ts';
import type { Evidence, HandIn, RotationEnd } from './rotation.ts';
import type { VaultPowers, Version } from './vault.ts';
import type { CredentialId, Instant, KeyId, RotationId, VersionId } from './words.ts';

/** What every activity is told: which rotation it works for. */
export interface Job {
  rotation: RotationId;
  credential: Credential;
}

/** A value encrypted for one rotation (JWE, RFC 7516): opened by `applyKey`, `proveKey` and `writeTarget` only. */
export type Sealed = string;

/** One target as it was found. */
export interface TargetStanding {
  target: string;
  current:
    | { version: VersionId; keyId: KeyId | 'unknown'; verdict: 'accepted' | 'refused' | 'untested'; answer?: string }
    | 'absent';
  pending?: { version: VersionId; keyId: KeyId | 'unknown' };
  powers: VaultPowers;
}

/** A key as listed, with what the audit knows of it. */
export interface ListedKey extends Key {
  /** The rotation that the audit says made it. */
  madeBy?: RotationId;
  /** By our own clock, not after it was made. */
  madeAt?: Instant;
  /** A target has served it as current, as far as the audit knows. */
  served?: boolean;
}

export interface ProviderStanding {
  powers: ProviderPowers;
  keys: readonly ListedKey[];
  /** Every key that the audit says Keyturn made for this credential. */
  made: readonly KeyId[];
  /** Effects of earlier rotations whose result was lost, in words. */
  leftOpen: readonly string[];
}

export interface SealedKey {
  key: Key;
  sealed: Sealed;
}

export interface TestResult {
  at: Instant;
  version: VersionId;
  answer?: string;
}

type Activity<Input, Output> = (input: Input & { job: Job }) => Promise<Output>;
type OnTarget = { target: Target };

/**
 * The activities, by step. All of them throw KeyturnError, may run twice and late, and return no plaintext. `plan` hashes are
 * SHA-256 over canonical JSON.
 */
export interface Activities {
  inspectTarget: Activity<OnTarget, TargetStanding>;
  /** Unless it `infers` nothing, it fills in the results of effects of which nobody heard. */
  inspectProvider: Activity<{ held: readonly KeyId[]; infers?: false }, ProviderStanding>;
  /**
   * Opens a value that a person has handed in and seals it for this rotation. It is tried at the provider first, unless those who accept it
   * have yet to be told of it (`untold`). @throws `invalid` for what is no key of the provider, or is refused.
   */
  takeIn: Activity<{ handedIn: HandIn; untold: boolean }, SealedKey>;
  hashPlan: Activity<{ plan: unknown }, string>;
  /** Tells people what waits for them, where the catalog says how. */
  sendNotice: Activity<{ notice: Notice }, void>;
  /** The next time that the credential's calendar leaves open for so long: now, where it is open. */
  nextOpening: Activity<{ neededMs: number }, { from: Instant | 'never' }>;

  chooseKey: Activity<{ held: KeyId; keys: readonly Key[] }, SealedKey>;
  applyKey: Activity<{ chosen: SealedKey; expected: Key | undefined }, Key>;
  /** Removes what a lost attempt left, then makes one key. */
  mintKey: Activity<{ baseline: readonly Key[]; held: KeyId }, SealedKey>;
  proveKey: Activity<{ chosen: SealedKey }, TestResult>;
  removeKey: Activity<{ key: Key }, void>;
  /**
   * Removes keys that this rotation made and nobody names; throws `ambiguous` for what it cannot attribute.
   * @returns those that a target has served: they go with evidence only.
   */
  sweepKeys: Activity<{ baseline: readonly Key[]; keep: readonly KeyId[] }, readonly Key[]>;

  writeTarget: Activity<OnTarget & { chosen: SealedKey; expected: VersionId }, Version>;
  /** Makes the known-good current again wherever the new key is; `conflict` where a third stands. `moved`: the new key was. */
  restoreTarget: Activity<
    OnTarget & { knownGood: { version: VersionId; keyId: KeyId }; newKey: KeyId | undefined },
    { version: Version; moved: boolean }
  >;
  /** Destroys every version of the target that holds this key and is not current. */
  discardVersion: Activity<OnTarget & { keyId: KeyId; version: VersionId | undefined }, void>;
  /**
   * Sets a value that stands in a target at the provider again (the undo of an in-place change), in the place of the new key. Where
   * `placed`, which was there before, still is, there is nothing to undo.
   */
  reapplyKey: Activity<OnTarget & { version: VersionId; key: Key; newKey: Key; placed: Key }, Key>;

  /** Reads as a consumer would, checks that it is this key, uses it at the provider, runs the credential's own tests. */
  testTarget: Activity<
    OnTarget & {
      which: 'current' | { id: VersionId };
      keyId: KeyId;
      ownTests: boolean;
      /** Only which key it is counts: the request allowed a known-good that does not work. */
      mayBeRefused: boolean;
      /** It waits first until nothing that was begun before can still change the target: for what is said at the end. */
      standing?: boolean;
    },
    TestResult
  >;

  moveCurrent: Activity<OnTarget & { to: VersionId; expected: VersionId; keyId: KeyId }, Version>;
  tellConsumer: Activity<
    { consumer: CredentialConsumer; change: Change },
    { attestations: Attestation[]; askable: boolean }
  >;
  /** Asks until one answer has more than `known` instances that attest, or one that says that the key fails. */
  hearConsumer: Activity<{ consumer: CredentialConsumer; change: Change; known: number }, Attestation[]>;

  /** Resolves when the key has been quiet since `since` for longer than the provider's lag. */
  awaitUnused: Activity<{ key: Key; held: KeyId; since: Instant }, { quietSince: Instant; indicative: boolean }>;
  disableKey: Activity<{ key: Key }, void>;
  enableKey: Activity<{ key: Key }, void>;
  /** Uses a value that was refused for a while, read from where it still stands, until it is accepted steadily. */
  proveAccepted: Activity<OnTarget & { version: VersionId; keyId: KeyId }, TestResult>;
  /** Uses the old value, read from where it still stands, until it is refused steadily. */
  proveRefused: Activity<OnTarget & { version: VersionId; keyId: KeyId }, TestResult>;

  /** Of these credentials, those that are past the greatest age that was promised, as the audit tells it. */
  findOverdue(input: { watched: readonly Pick<Watched, 'id' | 'maxAgeMs'>[] }): Promise<Overdue[]>;
  /** Tells people of a credential outside of its rotations. */
  tellOutside(input: { credential: CredentialId; notify: Notify; notice: Notice }): Promise<void>;

  /** Appends what people asked for and decided. */
  recordDecisions: Activity<{ entries: readonly DecisionEntry[] }, void>;
  recordEnd: Activity<{ end: RotationEnd; evidence: readonly Evidence[] }, { seq: number; hash: string }>;
}

export interface DecisionEntry {
  at: Instant;
  kind: 'request' | 'decision';
  /** The same for every repetition. */
  id: string;
  verb: string;
  by: string;
  from?: string;
  detail?: Readonly<Record<string, unknown>>;
}
