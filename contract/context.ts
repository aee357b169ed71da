import type { KeyRing } from './keyring.ts';
import type { Secret } from './secret.ts';
import type { CredentialId, RotationId, SecretRef } from './words.ts';

/**
 * All that a connector takes from the outside world. Clock, randomness, heartbeat and cancellation come from here and
 * never from globals, so that the same connector code runs under a virtual clock.
 */
export interface Context {
  readonly credential: CredentialId;
  /** Absent outside a rotation (`keyturn check`). */
  readonly rotation?: RotationId;
  /** Epoch milliseconds. */
  now(): number;
  random(bytes: number): Uint8Array;
  /** Rejects when cancelled. */
  sleep(ms: number): Promise<void>;
  /** Call it in any loop or wait of more than a few seconds. */
  heartbeat(detail?: string): void;
  readonly cancelled: AbortSignal;
  /**
   * Takes a secret from where a catalog says it is.
   * @throws KeyturnError `invalid` naming the reference when nothing is there.
   */
  resolve(ref: SecretRef): Promise<Secret>;
  /**
   * A keyed, truncated HMAC of a value: the same for the same value as long as the key ring lives, useless for
   * guessing without it. Serves as keyId where the provider names no keys of its own.
   */
  fingerprint(value: Secret): Promise<string>;
  readonly keys: KeyRing;
  /** Keyturn's own folder, absolute: where the embedded defaults keep their files. */
  readonly home: string;
  readonly log: Log;
}

/** Structured log; field values must not be secrets, and Secrets print as `[secret]`. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}
