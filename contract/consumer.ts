import type { ZodType } from 'zod';
import type { Context } from './context.ts';
import type { ErrorKind } from './errors.ts';
import type { CredentialId, KeyId, RotationId, VersionId } from './words.ts';

/**
 * `use`: load the target's current version. `accept`: besides the current, accept this one (for those who check a
 * stored value). `drop`: from now on refuse `previous`.
 */
export type ChangeVerb = 'use' | 'accept' | 'drop';

/** What a consumer is told. Never holds the value: it reads that from the vault. */
export interface Change {
  /** The same for every repetition of the same message. */
  deliveryId: string;
  rotation: RotationId;
  credential: CredentialId;
  target: string;
  verb: ChangeVerb;
  /** The key to use or accept from now on; for `drop` the one that stays. */
  keyId: KeyId;
  version: VersionId;
  /** The key that goes. */
  previous: KeyId;
  /** How many instances have to attest; a canary wave asks for fewer. */
  instances: number;
}

/**
 * `loaded`: uses the key, or accepts it. `dropped`: no longer does. `failed`: has tried the key, and it does not work for
 * this instance.
 */
export const attestationStatuses = ['loaded', 'dropped', 'failed'] as const;
export type AttestationStatus = (typeof attestationStatuses)[number];

/** One instance says what it has loaded. An instance that accepts two keys attests each. */
export interface Attestation {
  instance: string;
  target: string;
  /** At least one of the two; where only the version is given, Keyturn knows its key. */
  keyId?: KeyId;
  version?: VersionId;
  status: AttestationStatus;
  reason?: string;
}

/** Whoever reads a target and has to pick up the new version; it may be many instances. */
export interface Consumer {
  /** Tells it. @returns what was attested in the answer, if anything. */
  refresh(ctx: Context, change: Change): Promise<Attestation[]>;
  /** `unknown` where it cannot be asked and says so by itself. */
  attested(ctx: Context, change: Change): Promise<Attestation[] | 'unknown'>;
}

/** What every consumer in the catalog has, beside what its connector wants. */
export interface ConsumerCommon {
  type: string;
  name: string;
  /** The target that it reads. */
  reads: string;
  instances: number;
  /** How many instances are told first. 0: all at once. */
  canary: number;
  required: boolean;
  /** `accepts`: checks values that others send; told of both values before users are, and to drop the old one last. */
  role: 'uses' | 'accepts';
}

/** What a consumer's folder exports as `connector`. */
export interface ConsumerConnector<Config = unknown> {
  kind: 'consumer';
  name: string;
  /** Strict; the fields of {@link ConsumerCommon} apart. Includes `type`. */
  schema: ZodType<Config>;
  classify(error: unknown): ErrorKind | undefined;
  open(config: Config): Consumer;
}
