import type { CredentialId, Instant, RotationId } from './words.ts';

/**
 * One fact. An `intent` stands before each change at a provider or vault and exactly one `result` with the same
 * `effect` after it. `inferred` marks a result that the one who had it never wrote and a later reader filled in.
 */
export interface AuditEntry {
  credential: CredentialId;
  rotation: RotationId;
  at: Instant;
  kind: 'intent' | 'result' | 'decision' | 'request' | 'close';
  /** From rotation, verb, and target, key or version. Intent and result share it. */
  effect: string;
  verb: string;
  /** What it acts on: a keyId, or a target's name and version. */
  subject?: string;
  outcome?: 'done' | 'failed' | 'unknown';
  inferred?: boolean;
  by?: string;
  /** Where they sat, as they said it themselves. */
  from?: string;
  /** Plain data, safe to print. */
  detail?: Readonly<Record<string, unknown>>;
}

/** An entry in its place in the credential's chain. `hash` covers the entry, `seq` and `prev` (SHA-256 over RFC 8785). */
export interface AuditRecord {
  seq: number;
  prev: string;
  hash: string;
  entry: AuditEntry;
  /** On `close` records: a detached JWS (RFC 7515) over `hash`. */
  signature?: string;
}

/** With this an id begins that stands in place of a rotation's: the command `store` tries once, and is over with its result. */
export const storedBy = 'store-';

/** An append-only store; it knows nothing of what the entries mean. */
export interface AuditSink {
  /**
   * Appends one record if the chain's last sequence number is `expectedSeq` (0 for an empty chain).
   * @returns false when it is another: read, and try again.
   */
  append(record: AuditRecord, expectedSeq: number): Promise<boolean>;
  /** In order of `seq`, from `fromSeq` (1). */
  read(credential: CredentialId, fromSeq?: number): Promise<AuditRecord[]>;
  last(credential: CredentialId): Promise<AuditRecord | undefined>;
  credentials(): Promise<CredentialId[]>;
  close(): Promise<void>;
}
