import { posix } from 'node:path';
import type { Command, OptionValues } from '@commander-js/extra-typings';
import type { Catalog, DeclaredCredential } from '../catalog/index.ts';
import { nearest } from '../connectors/load.ts';
import { KeyturnError } from '../contract/index.ts';

/** What narrows a selection down, each to one value. */
export interface Filters {
  owner?: string | undefined;
  tier?: string | undefined;
  provider?: string | undefined;
  tag?: string | undefined;
}

const wordsOf: Readonly<Record<keyof Filters, (credential: DeclaredCredential) => readonly string[]>> = {
  owner: ({ owner }) => [owner],
  provider: ({ provider }) => [provider.type],
  tag: ({ tags = [] }) => tags,
  tier: ({ tier }) => [tier],
};

/** Adds the options that narrow a selection down. */
export function withFilters<Args extends unknown[], Options extends OptionValues, Above extends OptionValues>(
  command: Command<Args, Options, Above>,
) {
  return command
    .option('--owner <owner>', 'only those of this owner')
    .option('--tier <tier>', 'only those of this tier')
    .option('--provider <type>', 'only those of this provider')
    .option('--tag <tag>', 'only those with this tag');
}

const filterNames = Object.keys(wordsOf) as (keyof Filters)[];

export const isFiltered = (filters: Filters) => filterNames.some((name) => filters[name] !== undefined);

/**
 * The credentials that any of the patterns names, in the order of the catalog.
 * @param patterns ids, or globs in which `*` stays between two slashes and `**` crosses them; none: all.
 * @throws KeyturnError `not-found` for a pattern or a filter that finds nothing, naming the nearest.
 */
export function select(catalog: Catalog, patterns: readonly string[], filters: Filters = {}): DeclaredCredential[] {
  const all = [...catalog.credentials.values()];
  const named = new Set(patterns.flatMap((pattern) => matching(catalog, pattern)));
  let selected = patterns.length === 0 ? all : all.filter((credential) => named.has(credential));
  for (const name of filterNames) {
    const wanted = filters[name];
    if (wanted !== undefined) selected = filtered(selected, name, wanted);
  }
  return selected;
}

export const isGlob = (pattern: string) => /[*?[{]/.test(pattern);

function matching(catalog: Catalog, pattern: string): DeclaredCredential[] {
  if (!isGlob(pattern)) return [catalog.find(pattern)];
  const all = [...catalog.credentials.values()];
  const found = all.filter(({ id }) => posix.matchesGlob(id, pattern));
  if (found.length > 0) return found;
  throw new KeyturnError('not-found', `no credential of ${catalog.file} matches ${pattern}`, {
    fix: nearestTo(pattern, all),
  });
}

function nearestTo(pattern: string, all: readonly DeclaredCredential[]): string {
  const ids = all.map(({ id }) => id);
  const deeper = pattern.replace(/(^|\/)\*$/, '$1**');
  if (ids.some((id) => posix.matchesGlob(id, deeper))) {
    return `\`*\` stays between two slashes: did you mean "${deeper}"?`;
  }
  const near = nearest(pattern, ids);
  return near === undefined ? '`keyturn list` shows all of them' : `the nearest id is "${near}"`;
}

function filtered(among: readonly DeclaredCredential[], name: keyof Filters, wanted: string): DeclaredCredential[] {
  const found = among.filter((credential) => wordsOf[name](credential).includes(wanted));
  if (found.length > 0) return found;
  const known = [...new Set(among.flatMap(wordsOf[name]))];
  const near = nearest(wanted, known);
  throw new KeyturnError('not-found', `none of the credentials selected has the ${name} ${JSON.stringify(wanted)}`, {
    fix: near === undefined ? `they have: ${known.join(', ') || 'none'}` : `did you mean "${near}"?`,
  });
}
