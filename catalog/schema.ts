import { z } from 'zod';
import { urlProblem } from '../connectors/http/url.ts';
import { type Credential, type Limits, secretRefSchema, shapeSchema } from '../contract/index.ts';
import { approvalSchema, tierApprovalSchema } from './approvals.ts';
import { freezeSchema, type Group, groupSchema, type Schedule, scheduleSchema } from './schedule.ts';
import { positive, span } from './spans.ts';

/** A credential as the catalog declares it: with what the rotation itself does not need. */
export interface DeclaredCredential extends Credential {
  schedule?: Schedule;
  /** A promise: no value is older. */
  maxAgeMs?: number;
  group?: Group;
  /** Words by which people select it. */
  tags?: readonly string[];
}

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'up to 63 letters, digits, dots, hyphens and underscores');

const person = z
  .string()
  .trim()
  .min(1)
  .max(200)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'text without control characters');

const targetSchema = z.looseObject({
  name: name.optional(),
  vault: z.string().min(1),
  value: shapeSchema.default('raw'),
});

const instancesMax = 100_000;

const consumerSchema = z
  .looseObject({
    type: z.string().min(1),
    name: name.optional(),
    reads: z.string().min(1).optional(),
    instances: z.int().min(1).max(instancesMax).default(1),
    canary: z.int().min(0).max(instancesMax).default(0),
    required: z.boolean().default(true),
    role: z.enum(['uses', 'accepts']).default('uses'),
  })
  .refine(({ canary, instances }) => canary <= instances, {
    path: ['canary'],
    message: 'at most as many as `instances`',
  });

/** A proof has to fit into one attempt: three looks, half a second apart, at a provider that may be slow. */
const attemptMsMin = 5_000;

const limitsSchema = z
  .strictObject({
    step: positive.prefault('10m'),
    settle: positive.prefault('30m'),
    refusal: positive.prefault('5m'),
    attempt: span
      .refine((ms) => ms >= attemptMsMin, 'at least 5s: a proof looks several times in one attempt')
      .prefault('30s'),
    poll: positive.prefault('5s'),
  })
  .refine(({ attempt, step }) => attempt <= step, { path: ['attempt'], message: 'at most as long as `step`' })
  .transform(
    ({ step, settle, refusal, attempt, poll }): Limits => ({
      stepMs: step,
      settleMs: settle,
      refusalMs: refusal,
      attemptMs: attempt,
      pollMs: poll,
    }),
  );

/** One credential without what its connectors want: that is theirs to check. */
export const commonSchema = z.strictObject({
  owner: person,
  tier: name.default('standard'),
  site: name.optional(),
  provider: z.looseObject({ type: z.string().min(1) }),
  targets: z.array(targetSchema).min(1).max(100),
  consumers: z.array(consumerSchema).max(1_000).default([]),
  smokeTests: z.array(z.unknown()).max(100).default([]),
  grace: span.prefault('1h'),
  soak: span.prefault('24h'),
  refreshWithin: positive.prefault('15m'),
  approval: approvalSchema.optional(),
  limits: limitsSchema.prefault({}),
  schedule: scheduleSchema.optional(),
  maxAge: positive.optional(),
  group: name.optional(),
  tags: z
    .array(name)
    .max(20)
    .refine((tags) => new Set(tags).size === tags.length, 'each tag once')
    .default([]),
});
export type Common = z.infer<typeof commonSchema>;

const notifySchema = z.strictObject({ url: z.string(), secret: secretRefSchema }).superRefine(({ url }, issues) => {
  const problem = urlProblem(url, { privateHttp: false });
  if (problem) issues.addIssue({ code: 'custom', path: ['url'], message: problem });
});

/** Of the catalog's own form: a field that is added needs no other, one that changes its meaning does. */
export const schemaVersion = 1;

/** The whole file, `credentials` apart, which are read one by one. */
export const fileSchema = z.strictObject({
  schema: z.literal(schemaVersion).default(schemaVersion),
  credentials: z.unknown(),
  freezes: z.array(freezeSchema).max(200).default([]),
  groups: z.record(name, groupSchema).default({}),
  approvals: z.record(name, tierApprovalSchema).default({}),
  notify: notifySchema.optional(),
});
export type FileFields = z.infer<typeof fileSchema>;

/** What stands in a target or consumer beside its connector's own fields. */
export const targetFields = ['name', 'value'] as const;
export const consumerFields = ['name', 'reads', 'instances', 'canary', 'required', 'role'] as const;

const idLengthMax = 200;

/** @returns what an id has to be, if it is not so. */
export function idProblem(id: string): string | undefined {
  if (id.length > idLengthMax) return `at most ${idLengthMax} characters`;
  return /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/.test(id)
    ? undefined
    : 'a path such as production/orders/DATABASE_URL: letters, digits, dots, hyphens and underscores between slashes';
}
