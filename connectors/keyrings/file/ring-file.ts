import { readFileSync, type Stats, statSync } from 'node:fs';
import { z } from 'zod';
import { KeyturnError } from '../../../contract/index.ts';

const octSchema = z.strictObject({
  kty: z.literal('oct'),
  kid: z.string().min(1),
  use: z.literal('enc').optional(),
  k: z.string().regex(/^[A-Za-z0-9_-]{43}$/, '256 bits as base64url'),
});

const signSchema = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1),
  use: z.literal('sig').optional(),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/, '256 bits as base64url'),
  /** Absent in a ring that only verifies. */
  d: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, '256 bits as base64url')
    .optional(),
});

const keysOf = <Key extends z.ZodType<{ kid: string }>>(key: Key) =>
  z
    .strictObject({ current: z.string(), keys: z.array(key) })
    .refine((purpose) => purpose.keys.some(({ kid }) => kid === purpose.current), 'current names no key of the purpose')
    .refine(
      (purpose) => new Set(purpose.keys.map(({ kid }) => kid)).size === purpose.keys.length,
      'a kid stands twice',
    );

/** Each purpose's `keys` are a JWK set (RFC 7517 section 5). A purpose may be missing: a reader needs few of them. */
const ringSchema = z.strictObject({
  schema: z.literal(1),
  purposes: z.strictObject({
    seal: keysOf(octSchema).optional(),
    sign: keysOf(signSchema).optional(),
    'file-vault': keysOf(octSchema).optional(),
    fingerprint: keysOf(octSchema).optional(),
  }),
});
export type Ring = z.infer<typeof ringSchema>;
export type RingPurpose = NonNullable<Ring['purposes'][keyof Ring['purposes']]>;

/** @throws KeyturnError `not-found` without the file; `invalid` when others can read it or it is no key ring. */
export function readRing(path: string): Ring {
  refuseOthers(path, statRing(path));
  return parseRing(path, readFileSync(path, 'utf8'));
}

/** Changes whenever the file was replaced. */
export function standing(path: string): string {
  const { ino, size, mtimeMs, mode } = statRing(path);
  return [ino, size, mtimeMs, mode].join('/');
}

function statRing(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new KeyturnError('not-found', `there is no key ring ${path}`, {
      fix: 'restore it from its backup; only a new installation makes a new one',
    });
  }
}

function refuseOthers(path: string, { mode }: Stats): void {
  if ((mode & 0o077) === 0) return;
  const found = (mode & 0o777).toString(8).padStart(4, '0');
  throw new KeyturnError('invalid', `the key ring ${path} is open to its group or to others (mode ${found})`, {
    fix: `chmod 600 ${path}; if others may have read it, replace its keys`,
  });
}

function parseRing(path: string, text: string): Ring {
  const parsed = ringSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const version = z.looseObject({ schema: z.number() }).safeParse(parseJson(text));
  if (version.success && version.data.schema > 1) {
    throw new KeyturnError('invalid', `the key ring ${path} has schema ${version.data.schema}; this Keyturn knows 1`, {
      fix: 'use the Keyturn version that wrote it, or a newer one',
    });
  }
  // Paths and codes only: zod's own words may quote what it found.
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.code}`);
  throw new KeyturnError('invalid', `the key ring ${path} cannot be used (${problems.join('; ')})`, {
    fix: 'restore it from its backup',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
