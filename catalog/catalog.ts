import { readFile } from 'node:fs/promises';
import { nearest } from '../connectors/load.ts';
import { KeyturnError } from '../contract/index.ts';
import { unusedApprovals } from './approvals.ts';
import { checkCredential, warnAbout, withoutImpossibleWaits } from './checks.ts';
import { defaultLoad, type Load } from './connectors.ts';
import { problemsOf, secretSpots } from './place.ts';
import { CatalogError, type Finding, messageOf, type Problem } from './problem.ts';
import { readAll } from './read-catalog.ts';
import type { DeclaredCredential } from './schema.ts';
import { checkUnique } from './unique.ts';
import { pathText, readYaml } from './yaml.ts';

/** The credentials of one file. */
export interface Catalog {
  /** As it was given. */
  file: string;
  /** By id, in the order of the file. */
  credentials: ReadonlyMap<string, DeclaredCredential>;
  /** What is allowed, and probably not meant. */
  warnings: readonly Problem[];
  /** @throws KeyturnError `not-found` naming the nearest id. */
  find(id: string): DeclaredCredential;
}

export interface CatalogOptions {
  load?: Load;
}

/**
 * Reads a catalog.
 * @throws CatalogError with all that is wrong in it.
 * @throws KeyturnError `not-found` or `invalid` when the file itself cannot be read.
 */
export async function loadCatalog(path: string, options: CatalogOptions = {}): Promise<Catalog> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const kind = error.code === 'ENOENT' ? 'not-found' : 'invalid';
    throw new KeyturnError(kind, `the catalog ${path} cannot be read (${error.code ?? 'unknown error'})`, {
      fix: 'name a file that is there and that you may read',
    });
  });
  return parseCatalog(decode(bytes, path), path, options);
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const [found, expected] = ['bytes that are not UTF-8', 'text in UTF-8'];
    const message = messageOf({ path: [], at: 'value', found, expected });
    throw new CatalogError([{ file, line: 1, column: 1, path: '', message, found, expected }]);
  }
}

/**
 * Checks the text of a catalog: first as YAML, then each credential by itself and with its connectors' schemas, then
 * across credentials. No found value that may be a secret is repeated.
 * @param filename for messages.
 * @throws CatalogError with all that is wrong in it.
 */
export async function parseCatalog(text: string, filename: string, options: CatalogOptions = {}): Promise<Catalog> {
  const tree = readYaml(text);
  const findings: Finding[] = [];
  const load = options.load ?? defaultLoad;
  const drafts = tree.spots.length > 0 ? [] : await readAll(load, tree, findings);
  findings.push(...drafts.flatMap(checkCredential));
  findings.push(...checkUnique(drafts, (path) => tree.position(tree.offsetOf(path, 'value')).line));
  const spots = [...tree.spots, ...secretSpots(text, tree, findings)];
  const problems = problemsOf(filename, tree, findings, spots);
  if (problems.length > 0) throw new CatalogError(problems);
  const credentials = drafts.map(withoutImpossibleWaits);
  const unsure = [...drafts.flatMap(warnAbout), ...unusedApprovals(tree.data, credentials)];
  return catalogOf(filename, credentials, problemsOf(filename, tree, unsure, []));
}

function catalogOf(file: string, credentials: readonly DeclaredCredential[], warnings: readonly Problem[]): Catalog {
  const byId = new Map(credentials.map((credential) => [credential.id, credential]));
  return { file, credentials: byId, warnings, find: (id) => findIn(file, byId, id) };
}

function findIn(file: string, byId: ReadonlyMap<string, DeclaredCredential>, id: string): DeclaredCredential {
  const credential = byId.get(id);
  if (credential) return credential;
  const near = nearest(id, [...byId.keys()]);
  throw new KeyturnError('not-found', `${file} declares no credential ${pathText([id])}`, {
    fix: near === undefined ? '`keyturn check` shows all of them' : `did you mean "${near}"?`,
  });
}
