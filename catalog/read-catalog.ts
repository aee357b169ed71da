import { z } from 'zod';
import type { Load } from './connectors.ts';
import { findingsOf, isMapping } from './issues.ts';
import type { Finding } from './problem.ts';
import { type Draft, readCredential } from './read-credential.ts';
import { kindWords } from './words.ts';
import type { Tree } from './yaml.ts';

/** Reads every credential of the file that is right by itself; reports what is not. */
export async function readAll(load: Load, { data }: Tree, findings: Finding[]): Promise<Draft[]> {
  const expected = 'a mapping with the field "credentials"';
  if (!isMapping(data)) {
    const found = data === null ? 'an empty file' : kindWords(data);
    findings.push({ path: [], at: 'value', found, expected });
    return [];
  }
  const unknown = Object.keys(data).filter((key) => key !== 'credentials');
  if (unknown.length > 0) findings.push(...unknownTop(data, unknown));
  const { credentials } = data;
  if (!isMapping(credentials)) {
    if (unknown.length > 0 && credentials === undefined) return [];
    findings.push({
      path: ['credentials'],
      at: 'value',
      found: kindWords(credentials),
      expected: 'a mapping of credentials by id',
    });
    return [];
  }
  const drafts: Draft[] = [];
  for (const [id, declared] of Object.entries(credentials)) {
    const draft = await readCredential(load, id, declared, findings);
    if (draft) drafts.push(draft);
  }
  return drafts;
}

const topSchema = z.strictObject({ credentials: z.unknown() });

function unknownTop(data: unknown, keys: string[]): Finding[] {
  return findingsOf({ schema: topSchema, data, path: [] }, [
    { code: 'unrecognized_keys', keys, path: [], message: 'Unrecognized key' },
  ]);
}
