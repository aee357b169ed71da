import { z } from 'zod';
import type { Credential } from './credential.ts';
import type { Decision, Reason, Request } from './rotation.ts';
import { requestSchema } from './rotation.ts';
import { line } from './text.ts';
import type { CredentialId, Instant, Outcome, RotationId } from './words.ts';

const prefix = 'fleet/';

/** As `--request-id` gives it, or made up: it is the id of the request that every rotation of the fleet gets, too. */
export const fleetIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'up to 100 letters, digits, dots, hyphens and underscores');

export function fleetWorkflowId(fleet: string): string {
  return `${prefix}${fleet}`;
}

export function fleetOfWorkflow(workflowId: string): string {
  return workflowId.slice(prefix.length);
}

/** What begins at least `apartMs` after the other, and of which at most `atOnce` are open. */
export interface Pace {
  name: string;
  apartMs: number;
  atOnce?: number;
}

/** What a workflow `fleet/<fleet id>` is started with. The declarations travel with it, as with a rotation. */
export interface FleetInput {
  members: readonly { credential: Credential; paces: readonly string[] }[];
  /** What every rotation is asked for; its `id` is the fleet's. */
  request: Request;
  /** So many rotate at the most; one whose new key is in use everywhere rotates no longer. */
  atOnce: number;
  /** When more have failed, nothing more is begun. */
  mostFailures: number;
  /** When a member is done: with its new key in use everywhere, or with its rotation. */
  until: 'refreshed' | 'ended';
  paces: readonly Pace[];
  /** A rotation that has been silent for so long is asked; then half as often each time. Default: 5 min. */
  lookAfterMs?: number;
  /** Continues as new after so many events, also where the engine does not suggest it yet. */
  eventsMost?: number;
  /** Handed on when it continues as new. */
  memory?: FleetMemory;
}

const ms = z.number().int().min(0);

/** What a fleet cannot do without, its credentials apart. */
export const fleetInputSchema = z.looseObject({
  members: z.array(z.looseObject({ credential: z.looseObject({ id: line(300) }), paces: z.array(line(300)) })).min(1),
  request: requestSchema,
  atOnce: z.number().int().min(1),
  mostFailures: ms,
  until: z.enum(['refreshed', 'ended']),
  paces: z.array(z.object({ name: line(300), apartMs: ms, atOnce: z.number().int().min(1).optional() })),
  lookAfterMs: ms.min(1).optional(),
  eventsMost: z.number().int().min(1).optional(),
});

/**
 * `refreshed`: the new key is in use everywhere, the old one goes later. `quarantined`: open, and needs a person. `lost`: nothing is open and
 * nobody has said how it ended, as after an end by force; or it could not be begun.
 */
export const memberStates = ['waiting', 'rotating', 'refreshed', 'quarantined', 'ended', 'lost'] as const;
export type MemberState = (typeof memberStates)[number];

/** How it stands with one credential of a fleet. */
export interface Member {
  credential: CredentialId;
  state: MemberState;
  /** When it came into this state. */
  since: Instant;
  outcome?: Outcome | undefined;
  rotation?: RotationId;
  /** Why it failed. */
  reason?: Reason | undefined;
  /** A rotation was open already, and has taken the request on. */
  joined?: true;
  /** Its calendar is closed until then. */
  closedUntil?: Instant;
}

export type Told = Decision & { at: Instant };

/** What a fleet has to remember of its past when it continues as new. */
export interface FleetMemory {
  startedAt: Instant;
  members: readonly (Member & { begunMs?: number; heardMs?: number; looks?: number })[];
  paused?: Told;
  cancelled?: Told;
  stoppedAt?: Instant;
  /** When the last one of each pace was begun. */
  begunAtMs: Readonly<Record<string, number>>;
  /** How long those took that are done. */
  took: { count: number; sumMs: number };
  /** How far apart they have begun, pauses apart. */
  apart: { count: number; sumMs: number; lastMs?: number };
}

export interface FleetCounts {
  of: number;
  waiting: number;
  rotating: number;
  refreshed: number;
  quarantined: number;
  rotated: number;
  restored: number;
  unchanged: number;
  lost: number;
  /** `quarantined`, `restored`, `unchanged` and `lost` together. */
  failed: number;
}

/** The answer to the query `fleetProgress`. */
export interface FleetProgress {
  fleet: string;
  /** `stopping`, `cancelling`: nothing more is begun, what is open goes on. */
  state: 'running' | 'paused' | 'stopping' | 'cancelling' | 'ended';
  request: Pick<Request, 'by' | 'reason' | 'urgency'>;
  startedAt: Instant;
  atOnce: number;
  mostFailures: number;
  until: FleetInput['until'];
  counts: FleetCounts;
  /** What rotates now. */
  rotating: readonly Member[];
  failures: readonly Member[];
  /** Until the last one is done, as long as they have taken so far; absent where that cannot be known. */
  leftMs?: number;
  paused?: Told;
  cancelled?: Told;
  end?: FleetEnd;
}

/** `done`: all were begun. `stopped`: more failed than allowed. */
export type FleetOutcome = 'done' | 'stopped' | 'cancelled';

/** The workflow's result. */
export interface FleetEnd {
  fleet: string;
  outcome: FleetOutcome;
  startedAt: Instant;
  endedAt: Instant;
  counts: FleetCounts;
  members: readonly Member[];
  cancelled?: Told;
}
