import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a secret stands in clear: Temporal's database, the audit, the vault's files, the logs. @returns what was found, without it. */
export async function leaks(folder: string, secrets: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const held = new Set(secrets).values().filter((secret) => bytes.includes(secret));
    const count = [...held].length;
    if (count > 0) found.push(`${count} of the values stand in clear in ${entry.name}`);
  }
  return found;
}
