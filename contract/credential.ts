import { z } from 'zod';
import type { Calendar } from './calendar.ts';
import type { ConsumerCommon } from './consumer.ts';
import type { Notify } from './notice.ts';

/**
 * One entry of the catalog as everything after the catalog sees it: validated, defaults filled in, times in ms. What belongs to a
 * connector (provider, target, consumer, smoke tests) stands as it was declared: whoever opens the connector parses it.
 */
export interface Credential {
  id: string;
  owner: string;
  tier: string;
  /** Whose worker reaches the provider, vaults and consumers. Absent: the default one. */
  site?: string;
  provider: { type: string; [option: string]: unknown };
  targets: readonly Target[];
  consumers: readonly CredentialConsumer[];
  smokeTests: readonly unknown[];
  graceMs: number;
  soakMs: number;
  /** After this a silent consumer is reported to the operator. It is never a reason to undo. */
  refreshWithinMs: number;
  approval?: { approvers: number; withinMs: number };
  /** When steps that change something may begin. Absent: at any time. */
  calendar?: Calendar;
  /** Where people are told what waits for them. Absent: nowhere. */
  notify?: Notify;
  limits: Limits;
}

/** So much is kept free for what a rotation changes before the grace: one step with its retries, and its consumers. */
export function changesMs({ limits, refreshWithinMs }: Pick<Credential, 'limits' | 'refreshWithinMs'>): number {
  return limits.stepMs + refreshWithinMs;
}

export interface Target {
  name: string;
  /** The vault's connector. */
  vault: string;
  /** How the value stands in it. */
  value: Shape;
  [option: string]: unknown;
}

export interface CredentialConsumer extends ConsumerCommon {
  [option: string]: unknown;
}

/** How long Keyturn keeps trying before it turns back, or asks a person. */
export interface Limits {
  /** One step before the pivot, transient errors retried: after that the rotation is undone. */
  stepMs: number;
  /** One undo, or one step after the pivot: after that the rotation is quarantined. */
  settleMs: number;
  /** How long after its removal a key may still be accepted before that is reported. */
  refusalMs: number;
  /** One attempt of an activity. */
  attemptMs: number;
  /** How often consumers, last use and soaking are looked at. */
  pollMs: number;
}

/**
 * `raw`: the key's main field is the whole text. `url`: user and password of a URL, everything else kept byte for
 * byte. `json`: fields of a document (dots go down), everything else kept; maps a path in the document to a field of the key.
 */
export const shapeSchema = z.union([
  z.literal('raw'),
  z.literal('url'),
  z.strictObject({ json: z.record(z.string().min(1), z.string().min(1)) }),
]);
export type Shape = z.infer<typeof shapeSchema>;

/** `30s`, `10m`, `1h`, `7d`; 0 without a unit. In milliseconds. */
export const durationSchema = z
  .union([z.literal(0), z.string().regex(/^\d+(ms|s|m|h|d)$/, 'a duration such as 30s, 10m, 1h or 7d')])
  .transform(durationMs);

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function durationMs(text: string | 0): number {
  if (text === 0) return 0;
  const unit = text.replace(/^\d+/, '') as keyof typeof unitMs;
  return Number.parseInt(text, 10) * unitMs[unit];
}

/** The other way round: as a catalog writes it, in the largest unit that fits. */
export function durationText(ms: number): string {
  if (ms === 0) return '0';
  const [unit, size] = Object.entries(unitMs).findLast(([, size]) => ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

/** A secret by reference. A literal string is refused: a catalog stands in git. */
export const secretRefSchema = z.union(
  [
    z.strictObject({ env: z.string().regex(/^[A-Z_][A-Z0-9_]*$/i, 'a name of an environment variable') }),
    z.strictObject({ file: z.string().min(1) }),
    z.strictObject({ target: z.looseObject({ vault: z.string().min(1) }) }),
  ],
  { error: 'a reference: {env: NAME}, {file: path} or {target: {vault: ...}}; a secret itself must not stand here' },
);
