/** What consumers depend on; a path such as `production/gemini/GEMINI_API_KEY`. */
export type CredentialId = string;

/** The provider's own name for one key. Never secret. Two stored values are the same exactly if their keyId is. */
export type KeyId = string;

/** One run of the workflow, for life: it survives reset and continue-as-new. */
export type RotationId = string;

/** The vault's own name for one stored value. Comparable within one target only. */
export type VersionId = string;

/** ISO 8601 in UTC, with milliseconds. */
export type Instant = string;

/** How a rotation ends; `quarantined` is an open state, not an end. */
export const outcomes = ['rotated', 'restored', 'unchanged'] as const;
export type Outcome = (typeof outcomes)[number];

/**
 * `expedited`: grace and soak are zero, the evidence stays. `compromised`: every key that existed at an instant has to end refused;
 * forward only, and consumers and the report of last use are waited for until a deadline.
 */
export const urgencies = ['routine', 'expedited', 'compromised'] as const;
export type Urgency = (typeof urgencies)[number];

/** Where a secret is found, never the secret: all that a catalog may hold. */
export type SecretRef = { env: string } | { file: string } | { target: TargetRef };

/** A value that stands in a vault, for the orchestrator's own use (an admin login that is itself a credential). */
export interface TargetRef {
  vault: string;
  [option: string]: unknown;
}
