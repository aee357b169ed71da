import type { Load } from './connectors.ts';
import { findingsOf, isMapping } from './issues.ts';
import type { Finding } from './problem.ts';
import { type Draft, readCredential } from './read-credential.ts';
import { type FileFields, fileSchema, schemaVersion } from './schema.ts';
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
  if (isNewer(data.schema)) {
    const expected = `${schemaVersion}, which is the newest that this Keyturn reads; use one that is newer`;
    findings.push({ path: ['schema'], at: 'value', found: String(data.schema), expected });
    return [];
  }
  const file = readFile(data, findings);
  const { credentials } = data;
  if (!isMapping(credentials)) {
    if (credentials === undefined && findings.length > 0) return [];
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
    const draft = await readCredential(load, id, declared, file, findings);
    if (draft) drafts.push(draft);
  }
  return drafts;
}

/** Then nothing else that is wrong in it means what it says. */
function isNewer(schema: unknown): boolean {
  return typeof schema === 'number' && schema > schemaVersion;
}

/** What stands beside the credentials; what is wrong in it is as if it were not there, so that they can be looked at. */
function readFile(data: unknown, findings: Finding[]): FileFields {
  const file = fileSchema.safeParse(data);
  if (file.success) return file.data;
  findings.push(...findingsOf({ schema: fileSchema, data, path: [] }, file.error.issues));
  return { schema: schemaVersion, credentials: undefined, freezes: [], groups: {}, approvals: {} };
}
