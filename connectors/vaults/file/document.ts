import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { type KeyRing, KeyturnError } from '../../../contract/index.ts';
import type { Place } from './config.ts';
import { seal, unseal } from './sealing.ts';

const versionSchema = z.strictObject({
  id: z.string().min(1),
  createdAt: z.iso.datetime(),
  /** Sealed for this secret and this id. */
  value: z.string().min(1),
});
export type StoredVersion = z.infer<typeof versionSchema>;

const labelsSchema = z.strictObject({
  current: z.string(),
  pending: z.string().optional(),
  previous: z.string().optional(),
});
export type Label = keyof z.infer<typeof labelsSchema>;

const contentSchema = z.strictObject({
  schema: z.literal(1),
  secret: z.string(),
  /** Grows by one with every change. */
  revision: z.int().positive(),
  /** How many versions were ever made; ids never come back. */
  made: z.int().positive(),
  labels: labelsSchema,
  versions: z.array(versionSchema),
});
/** What one file holds. */
export type Content = z.infer<typeof contentSchema>;

/** `seal` is the content's digest, sealed: it makes labels and times as hard to change as the values. */
const documentSchema = contentSchema.extend({ seal: z.string().min(1) });

export async function writeDocument(keys: KeyRing, content: Content): Promise<string> {
  const sealed = await seal(keys, digest(content), { secret: content.secret, part: 'document' });
  return `${JSON.stringify({ ...content, seal: sealed }, null, 2)}\n`;
}

/** @throws KeyturnError `invalid`, naming the file, for anything that `writeDocument` did not write for this place. */
export async function readDocument(keys: KeyRing, text: string, place: Place): Promise<Content> {
  const { seal: sealed, ...content } = parse(text, place.file);
  const binding = { secret: place.secret, part: 'document' };
  const expected = await unseal(keys, sealed, binding, place.file);
  if (!isDigest(expected, content) || content.secret !== place.secret) {
    throw damaged(place.file, 'its content is not what was sealed');
  }
  for (const id of Object.values(content.labels)) {
    if (!content.versions.some((version) => version.id === id)) throw damaged(place.file, 'a label names no version');
  }
  return content;
}

function parse(text: string, file: string): z.infer<typeof documentSchema> {
  const json = parseJson(text, file);
  const parsed = documentSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const newer = z.looseObject({ schema: z.int().min(2) }).safeParse(json);
  if (!newer.success) throw damaged(file, `it has not the form of a vault file (${where(parsed.error)})`);
  throw new KeyturnError('invalid', `${file} has schema ${newer.data.schema}; this Keyturn knows 1`, {
    fix: 'use the Keyturn version that wrote it, or a newer one',
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: the parser quotes what it found.
    throw damaged(file, 'it is cut off or no JSON');
  }
}

function where(error: z.ZodError): string {
  return error.issues.map((issue) => issue.path.join('.') || 'file').join(', ');
}

function damaged(file: string, how: string): KeyturnError {
  return new KeyturnError('invalid', `${file} is damaged: ${how}`, { fix: 'restore the file from its backup' });
}

/** Canonical JSON refuses what was never written: a lone surrogate. */
function isDigest(expected: string, content: Content): boolean {
  try {
    return expected === digest(content);
  } catch {
    return false;
  }
}

function digest(content: Content): string {
  return createHash('sha256')
    .update(String(canonicalize(content)))
    .digest('hex');
}
