import { z } from 'zod';
import { attestationStatuses } from './consumer.ts';
import { type Credential, shapeSchema } from './credential.ts';
import { type ErrorKind, errorKinds } from './errors.ts';
import { line } from './text.ts';
import type { CredentialId, Instant, KeyId, Outcome, RotationId, Urgency, VersionId } from './words.ts';
import { outcomes, urgencies } from './words.ts';

/** Where whoever asks or decides sits, as they say it themselves. */
const fromSchema = line(300).optional();

/** Somebody wants the credential rotated. A running rotation takes it on. */
export const requestSchema = z
  .strictObject({
    id: line(200),
    at: z.iso.datetime(),
    by: line(200),
    from: fromSchema,
    reason: line(1_000).optional(),
    urgency: z.enum(urgencies),
    /** Targets that serve different keys are brought to the same new one; without it they stop the rotation. */
    converge: z.boolean().optional(),
    /** Rotate although what the targets serve is refused by the provider. */
    acceptBroken: z.boolean().optional(),
    /** At a key limit: the key that may go, by its id. It passes the same gate as the old key. */
    replace: line(300).optional(),
    /** With the urgency `compromised`: every key that existed then has to go. Absent: `at`. */
    compromisedAt: z.iso.datetime().optional(),
    /** With the urgency `compromised`: from `at`, how long consumers and the report of last use are waited for. Default: 5 min. */
    withinMs: z.number().int().min(0).optional(),
    /** The workflow that wants to hear what becomes of it: a fleet's. */
    tells: line(200)
      .regex(/^fleet\/[A-Za-z0-9]/, 'the workflow id of a fleet')
      .optional(),
  })
  .refine(
    ({ compromisedAt, urgency, withinMs }) => urgency === 'compromised' || (compromisedAt ?? withinMs) === undefined,
    {
      message: 'only with the urgency compromised',
      path: ['urgency'],
    },
  );
export type Request = z.infer<typeof requestSchema>;

/**
 * `joined`: taken on by this rotation. `served`: what it asked for has been done. `carried`: goes on in the next rotation, which
 * starts at once. `not-served`: the rotation that had it ended otherwise.
 */
export type Fate = 'joined' | 'served' | 'carried' | 'not-served';

/** Who does something, from where and why: every message of an operator carries it. */
export const decisionSchema = z.strictObject({
  by: line(200),
  from: fromSchema,
  reason: line(1_000).optional(),
});
export type Decision = z.infer<typeof decisionSchema>;

/**
 * A value that a person has made, or knows to be good. A rotation begins with it, or waits for it; one that is open otherwise is busy.
 * `sealed`: bound to the credential, its declaration and the id.
 */
export const handInSchema = decisionSchema.extend({
  id: line(200),
  sealed: z
    .string()
    .max(100_000)
    .regex(/^[\w.-]+$/, 'a compact JWE'),
});
export type HandIn = z.infer<typeof handInSchema>;

/** The engine lets one workflow of an id be open: so there is one rotation of a credential at a time. */
export function workflowIdOf(credential: CredentialId): string {
  return `rotation/${credential}`;
}

/** What a workflow `rotation/<credential id>` is started with. */
export interface RotationInput {
  credential: Credential;
  /** Handed on by a rotation that could not satisfy them. */
  requests: readonly Request[];
  /** The value that it is to put into use: of the request with its id. */
  handedIn?: HandIn;
}

/** What a workflow `inspection/<credential id>/...` is started with: it looks as a rotation with these requests would. */
export interface InspectionInput extends RotationInput {
  /** Who takes the credential under management: it is audited, with what stands. */
  adopt?: Decision;
}

const ms = z.number().int().min(0);

/** What a rotation cannot do without; what belongs to connectors is parsed by them. */
export const rotationInputSchema = z.looseObject({
  credential: z.looseObject({
    id: line(300),
    provider: z.looseObject({ type: line(100) }),
    site: line(100).optional(),
    targets: z.array(z.looseObject({ name: line(100), vault: line(100), value: shapeSchema })).min(1),
    consumers: z.array(
      z.looseObject({
        type: line(100),
        name: line(200),
        reads: line(100),
        instances: ms,
        canary: ms,
        required: z.boolean(),
        role: z.enum(['uses', 'accepts']),
      }),
    ),
    smokeTests: z.array(z.unknown()),
    graceMs: ms,
    soakMs: ms,
    refreshWithinMs: ms,
    approval: z.object({ approvers: z.number().int().min(1), withinMs: ms }).optional(),
    limits: z.object({ stepMs: ms, settleMs: ms, refusalMs: ms, attemptMs: ms.min(1), pollMs: ms.min(1) }),
  }),
  requests: z.array(requestSchema),
  handedIn: handInSchema.optional(),
});

/** Sent by a consumer's instance, or for it, as the signal `attest`. */
export const attestMessageSchema = z.strictObject({
  consumer: line(200),
  instance: line(200),
  keyId: line(300).optional(),
  version: line(300).optional(),
  status: z.enum(attestationStatuses),
  reason: line(500).optional(),
});
export type AttestMessage = z.infer<typeof attestMessageSchema>;

/** `wait` as `progress` names it; may be left out where there is only one. */
export const proceedSchema = decisionSchema.extend({ wait: line(300).optional() });
export type Proceed = z.infer<typeof proceedSchema>;

export const approveSchema = decisionSchema.extend({ planHash: line(100) });
export type Approve = z.infer<typeof approveSchema>;

/** Why something went as it went; safe to print. */
export interface Reason {
  /** `asked`: a person wanted it so. */
  kind: ErrorKind | 'asked';
  message: string;
  fix?: string;
}

/** What a rotation tells of a request to whom the request names, each time that it has changed. */
export interface News {
  request: string;
  credential: CredentialId;
  rotation: RotationId;
  /** `refreshed`: the new key is in use everywhere. `quarantined`: it needs a person. */
  state: 'rotating' | 'refreshed' | 'quarantined' | 'ended';
  outcome?: Outcome | undefined;
  /** Why it is not `rotated`, or needs a person. */
  reason?: Reason | undefined;
}

export const newsSchema: z.ZodType<News> = z.object({
  request: line(200),
  credential: line(300),
  rotation: line(200),
  state: z.enum(['rotating', 'refreshed', 'quarantined', 'ended']),
  outcome: z.enum(outcomes).optional(),
  reason: z
    .object({ kind: z.enum([...errorKinds, 'asked']), message: z.string(), fix: z.string().optional() })
    .optional(),
});

export type StepStatus = 'running' | 'done' | 'skipped' | 'failed' | 'undoing' | 'undone';

export interface StepProgress {
  name: string;
  status: StepStatus;
  startedAt: Instant;
  endedAt?: Instant;
  note?: string;
}

/** Something the rotation waits for. `proceed` skips it, where it can be skipped, or waives the laggard it names. */
export interface Wait {
  name: string;
  since: Instant;
  until?: Instant;
  /** For people: who is silent, what is still in use. */
  detail: string;
  /** It has taken longer than it should: an operator ought to look. */
  late?: boolean;
}

/** An exact to-do for a person. */
export interface Quarantine {
  at: Instant;
  step: string;
  during: 'run' | 'undo';
  reason: Reason;
  /** What stands where. */
  standing: readonly string[];
  tried: readonly string[];
  todo: readonly string[];
}

export interface TargetProgress {
  name: string;
  knownGood?: { keyId: KeyId; version: VersionId };
  /** What this rotation last made or saw current. */
  current?: { keyId: KeyId; version: VersionId };
}

/** Evidence that let a key go, as found at the time. Of a large fleet counts stand for what is not written. */
export interface Evidence {
  at: Instant;
  going: KeyId;
  staying: KeyId;
  readBack: readonly { target: string; version: VersionId; answer?: string }[];
  consumers: readonly ConsumerEvidence[];
  /** How many targets and consumers more there are. */
  omitted?: { readBack?: number; consumers?: number };
  lastUse: 'unused' | 'indicative' | 'cannot tell' | 'waived';
  quietSince?: Instant;
}

export interface ConsumerEvidence {
  consumer: string;
  instances: readonly string[];
  /** How many instances more attested. */
  omitted?: number;
  waivedBy?: string;
}

/** The answer to the query `progress`. */
export interface Progress {
  rotation: RotationId;
  credential: CredentialId;
  state: 'running' | 'undoing' | 'quarantined' | 'ended';
  /** The step that runs or is undone. */
  phase: string;
  startedAt: Instant;
  urgency: Urgency;
  steps: readonly StepProgress[];
  waits: readonly Wait[];
  targets: readonly TargetProgress[];
  oldKey?: KeyId;
  newKey?: KeyId;
  planHash?: string;
  /** In use everywhere. */
  refreshedAt?: Instant;
  /** When the old key is due to go. */
  retiresAt?: Instant;
  pastPivot: boolean;
  requests: readonly { id: string; by: string; from?: string; urgency: Urgency; fate: Fate }[];
  quarantine?: Quarantine;
  end?: RotationEnd;
}

/** The workflow's result. */
export interface RotationEnd {
  rotation: RotationId;
  credential: CredentialId;
  outcome: Outcome;
  /** Why it is not `rotated`. */
  reason?: Reason;
  startedAt: Instant;
  endedAt: Instant;
  oldKey?: KeyId;
  newKey?: KeyId;
  refreshedAt?: Instant;
  /** Keys that Keyturn did not make, and leaves: not all targets served them, or they were handed in and are not in use. */
  leftAtProvider?: readonly KeyId[];
  /** As the provider answered when the old value was last tried. */
  oldKeyRefused?: { at: Instant; answer?: string };
  evidence?: Evidence;
  /** In place only: from the change at the provider to the last target's move. */
  gapMs?: number;
  /** Ended by a person's `resolve`. */
  resolvedBy?: string;
  /** The head of the credential's audit chain. */
  audit?: { seq: number; hash: string };
}
