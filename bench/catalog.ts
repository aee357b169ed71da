import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { type DeclaredCredential, loadCatalog } from '../catalog/index.ts';

/** Writes the catalog, and reads it as the command line does. */
export async function catalogIn(
  file: string,
  credentials: Readonly<Record<string, object>>,
): Promise<DeclaredCredential[]> {
  await writeFile(file, stringify({ credentials }));
  return [...(await loadCatalog(file)).credentials.values()];
}

/** Declared with what Keyturn itself has, for commands that know no connectors but those: nothing of it is ever touched. */
export function storedValue(id: string, more: object = {}): [id: string, declared: object] {
  return [id, { owner: 'bench', provider: { type: 'random' }, targets: [{ vault: 'file', secret: id }], ...more }];
}
