import { existsSync, readdirSync } from 'node:fs';
import { closest, distance } from 'fastest-levenshtein';
import type {
  AuditConnector,
  Connector,
  ConsumerConnector,
  ProviderConnector,
  VaultConnector,
} from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';

export type ConnectorKind = Connector['kind'];

const folders: Readonly<Record<ConnectorKind, string>> = {
  provider: 'providers',
  vault: 'vaults',
  consumer: 'consumers',
  audit: 'audit',
};

/** This file runs as it stands and, compiled, from `dist/`: its neighbours end as it does. */
const indexFile = import.meta.url.endsWith('.ts') ? 'index.ts' : 'index.js';

const loaded = new Map<string, Promise<Connector>>();

/** The names of all connectors of a kind, sorted. The folder is the registration. */
export function knownConnectors(kind: ConnectorKind): string[] {
  const folder = folderOf(kind);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/${indexFile}`, folder)))
    .map((entry) => entry.name)
    .sort();
}

/** @throws KeyturnError `invalid` for a name that no folder has, naming the nearest and all known ones. */
export function loadProvider(name: string): Promise<ProviderConnector> {
  return load('provider', name) as Promise<ProviderConnector>;
}

/** @throws KeyturnError `invalid` as {@link loadProvider}. */
export function loadVault(name: string): Promise<VaultConnector> {
  return load('vault', name) as Promise<VaultConnector>;
}

/** @throws KeyturnError `invalid` as {@link loadProvider}. */
export function loadConsumer(name: string): Promise<ConsumerConnector> {
  return load('consumer', name) as Promise<ConsumerConnector>;
}

/** @throws KeyturnError `invalid` as {@link loadProvider}. */
export function loadAudit(name: string): Promise<AuditConnector> {
  return load('audit', name) as Promise<AuditConnector>;
}

function folderOf(kind: ConnectorKind): URL {
  return new URL(`./${folders[kind]}/`, import.meta.url);
}

async function load(kind: ConnectorKind, name: string): Promise<Connector> {
  const key = `${kind}/${name}`;
  const known = loaded.get(key);
  if (known) return known;
  checkKnown(kind, name);
  const loading = importConnector(kind, name);
  loaded.set(key, loading);
  // A failure is not kept: the next call says again what is wrong.
  loading.catch(() => loaded.delete(key));
  return loading;
}

/** A name is looked up in the folder's listing and never joined to a path before: `../x` is just unknown. */
function checkKnown(kind: ConnectorKind, name: string): void {
  const names = knownConnectors(kind);
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new KeyturnError('invalid', `there is no ${kind} connector ${JSON.stringify(name.slice(0, 60))}`, {
    fix: `${near === undefined ? '' : `did you mean "${near}"? `}known: ${names.join(', ') || 'none'}`,
  });
}

async function importConnector(kind: ConnectorKind, name: string): Promise<Connector> {
  const module = (await import(new URL(`${name}/${indexFile}`, folderOf(kind)).href)) as { connector?: Connector };
  const { connector } = module;
  if (connector?.kind === kind && connector.name === name) return connector;
  throw new KeyturnError('invalid', `connectors/${folders[kind]}/${name} exports no ${kind} connector "${name}"`, {
    fix: `export \`connector\` with kind "${kind}" and name "${name}" from its ${indexFile}`,
  });
}

/** The candidate that differs from `word` by so little that it was probably meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || word.length > 200) return undefined;
  const near = closest(word.toLowerCase(), [...candidates]);
  const off = distance(word.toLowerCase(), near.toLowerCase());
  const length = Math.max(word.length, near.length);
  const swapped = lettersOf(word) === lettersOf(near);
  return swapped || off <= Math.max(1, Math.floor(length / 3)) ? near : undefined;
}

function lettersOf(word: string): string {
  return [...word.toLowerCase()].sort().join('');
}
