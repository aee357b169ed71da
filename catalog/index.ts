export { type Catalog, type CatalogOptions, loadCatalog, parseCatalog } from './catalog.ts';
export type { Load } from './connectors.ts';
export { CatalogError, lineOf, type Path, type Problem } from './problem.ts';
export type { Schedule } from './schedule.ts';
export type { DeclaredCredential } from './schema.ts';
