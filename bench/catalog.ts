import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { declarationOf } from '../catalog/declaration.ts';
import { type CatalogOptions, loadCatalog } from '../catalog/index.ts';
import type { Credential } from '../contract/index.ts';

/** Writes the catalog, and reads it as the command line does. */
export async function catalogIn(
  file: string,
  credentials: Readonly<Record<string, object>>,
  options: CatalogOptions = {},
): Promise<Credential[]> {
  await writeFile(file, stringify({ credentials }));
  return [...(await loadCatalog(file, options)).credentials.values()].map(declarationOf);
}
