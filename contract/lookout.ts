import { z } from 'zod';
import { secretRefSchema } from './credential.ts';
import { line } from './text.ts';
import type { CredentialId, Instant } from './words.ts';

/** A credential whose age is watched, and where people are told when it is too old. */
export const watchedSchema = z.object({
  id: line(300),
  maxAgeMs: z.number().int().min(0),
  notify: z.object({ url: line(2_000), secret: secretRefSchema }),
  /** Whose workers read its audit and tell people. */
  site: line(100).optional(),
});
export type Watched = z.infer<typeof watchedSchema>;

/** One that is past its greatest age. */
export interface Overdue {
  id: CredentialId;
  lastRotatedAt: Instant | 'never';
}

/** What the workflow `lookout` is started with. */
export const lookoutInputSchema = z.object({ watched: z.array(watchedSchema) });
export type LookoutInput = z.infer<typeof lookoutInputSchema>;

/** What one run hands on to the next: of which last rotation people have been told that it is too long ago. */
export const lookoutEndSchema = z.object({
  told: z.record(z.string(), z.string()),
  /** What could not be looked at or told; the next run tries again. */
  failed: z.array(z.string()),
});
export type LookoutEnd = z.infer<typeof lookoutEndSchema>;
