import { z } from 'zod';

/** The queue of every worker that names no site. */
export const mainQueue = 'keyturn';

export function siteQueue(site: string): string {
  return `${mainQueue}-${site}`;
}

function placeOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(0, colon)).replace(/^\[|\]$/g, '');
  return { host: host || '127.0.0.1', port: Number(text.slice(colon + 1)) };
}

const settings = z.object({
  /** Keyturn's folder for the embedded defaults: key ring, file vault, audit. */
  KEYTURN_HOME: z.string().min(1).default('.keyturn'),
  /** `<sink>` or `<sink>:<location>`; default `sqlite:<home>/audit.db`. */
  KEYTURN_AUDIT: z.string().min(1).optional(),
  /** The site that this worker serves. Absent: the main queue. */
  KEYTURN_SITE: z.string().min(1).optional(),
  /** Where this worker says whether it is healthy, `<port>` (of 127.0.0.1) or `<host>:<port>`. Absent: nowhere. */
  KEYTURN_HEALTH: z
    .string()
    .regex(/^([\w.-]+:|\[[\da-f:]+\]:)?\d{1,5}$/i, 'a port, or <host>:<port>')
    .transform(placeOf)
    .optional(),
  /** So many activities a worker takes up at a time. */
  KEYTURN_ACTIVITIES: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'a number from 1 to 9999')
    .transform(Number)
    .prefault('100'),
  KEYTURN_LOG: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** With these, as Temporal's Worker Controller gives them, the worker belongs to a version of a Worker Deployment. */
  TEMPORAL_DEPLOYMENT_NAME: z.string().min(1).optional(),
  TEMPORAL_WORKER_BUILD_ID: z.string().min(1).optional(),
});

const deployment = ['TEMPORAL_DEPLOYMENT_NAME', 'TEMPORAL_WORKER_BUILD_ID'] as const;

/** What processes take from their environment. How Temporal is reached (`TEMPORAL_ADDRESS`, ...) is Temporal's own. */
export const settingsSchema = settings.superRefine((given, ctx) => {
  const [missing, ...others] = deployment.filter((name) => given[name] === undefined);
  if (!missing || others.length > 0) return;
  ctx.addIssue({ code: 'custom', path: [missing], message: `missing: ${deployment.join(' and ')} go together` });
});
export type Settings = z.infer<typeof settingsSchema>;

/** What a worker says of itself where `KEYTURN_HEALTH` has it listen. */
export interface Health {
  ok: boolean;
  /** Temporal's word: RUNNING takes up work, DRAINING and later do not. */
  state: string;
  /** Has Temporal answered this worker about its queue? */
  temporal: boolean;
}
