import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

const root = fileURLToPath(new URL('../../', import.meta.url));
const skipped = new Set(['node_modules', 'dist', '.git', '.keyturn', '.cache', '.bench']);

export interface Import {
  /** As it is written. */
  from: string;
  /** From the root of the repository, for one of our own files. */
  to?: string;
  /** Nothing of it is left when the program runs. */
  typeOnly: boolean;
}

export interface Source {
  /** From the root of the repository, with slashes. */
  path: string;
  text: string;
}

/** Every file of the repository whose name ends so, that a person has written. */
export function filesEndingWith(...endings: readonly string[]): Source[] {
  return walk('')
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

export function foldersIn(folder: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** All imports and re-exports of a file, dynamic and type-only ones included. */
export function importsOf({ path, text }: Source): Import[] {
  const { module, errors } = parseSync(path, text);
  const [error] = errors;
  if (error) throw new Error(`${path} cannot be parsed: ${error.message}`);
  const imported = module.staticImports.map(({ moduleRequest, entries }) => ({
    from: moduleRequest.value,
    typeOnly: entries.length > 0 && entries.every(({ isType }) => isType),
  }));
  const exported = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, isType }) =>
      moduleRequest ? [{ from: moduleRequest.value, typeOnly: isType }] : [],
    ),
  );
  // Also `import('x')` as a type, which the parser does not list.
  const inline = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)].map(([, from]) => ({
    from: from ?? '',
    typeOnly: false,
  }));
  return [...imported, ...exported, ...inline].map((found) => ({ ...found, ...resolve(path, found.from) }));
}

function resolve(path: string, from: string): { to?: string } {
  return from.startsWith('.') ? { to: normalize(join(dirname(path), from)).replaceAll('\\', '/') } : {};
}
