import type { Catalog } from '../catalog/index.ts';
import { KeyturnError } from '../contract/index.ts';
import type { Shell } from './shell.ts';

/** @throws CatalogError; KeyturnError `not-found` saying how to name another file. */
export async function openCatalog({ catalogFile }: Pick<Shell, 'catalogFile'>): Promise<Catalog> {
  const { loadCatalog } = await import('../catalog/index.ts');
  try {
    return await loadCatalog(catalogFile);
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    throw new KeyturnError(error.kind, error.message, { fix: 'name it with --catalog or KEYTURN_CATALOG' });
  }
}
