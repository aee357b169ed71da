import { z } from 'zod';

/** The queue of every worker that names no site. */
export const mainQueue = 'keyturn';

export function siteQueue(site: string): string {
  return `${mainQueue}-${site}`;
}

/** What processes take from their environment. Temporal's own variables (`TEMPORAL_ADDRESS`, ...) are Temporal's. */
export const settingsSchema = z.object({
  /** Keyturn's folder for the embedded defaults: key ring, file vault, audit. */
  KEYTURN_HOME: z.string().min(1).default('.keyturn'),
  /** `<sink>` or `<sink>:<location>`; default `sqlite:<home>/audit.db`. */
  KEYTURN_AUDIT: z.string().min(1).optional(),
  /** The site that this worker serves. Absent: the main queue. */
  KEYTURN_SITE: z.string().min(1).optional(),
  KEYTURN_LOG: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
export type Settings = z.infer<typeof settingsSchema>;
