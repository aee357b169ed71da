import type { Catalog, DeclaredCredential } from '../catalog/index.ts';
import { loadProvider, loadVault } from '../connectors/load.ts';
import type { Discovery, ProviderConnector, Target, VaultConnector } from '../contract/index.ts';
import { type Bench, openProvider, openTarget } from './deps.ts';

/** A provider or vault that can be asked what it has, as the catalog reaches it. */
export interface Source {
  kind: 'provider' | 'vault';
  connector: string;
  /** Where, and as whom. */
  id: string;
  /** One of those that are declared there: by its declaration it is asked. */
  credential: DeclaredCredential;
  /** What the catalog has there, by the names of `principals` and `location`. */
  here: Set<string>;
  discover(on: Bench): Promise<Discovery>;
}

/** What the catalog declares, by connector. */
export interface Declared {
  /** Those that can be asked, each once. */
  sources: readonly Source[];
  /** What the catalog has anywhere, by connector. */
  anywhere: ReadonlyMap<string, ReadonlySet<string>>;
  /** The connectors that cannot be asked. */
  mute: readonly string[];
}

export async function declaredIn(catalog: Catalog): Promise<Declared> {
  const sources = new Map<string, Source>();
  const anywhere = new Map<string, Set<string>>();
  const mute = new Set<string>();
  for (const part of (await Promise.all([...catalog.credentials.values()].map(partsOf))).flat()) {
    const { ids, source } = part;
    const connector = keyOf(source);
    const known = anywhere.get(connector) ?? new Set();
    for (const id of ids) known.add(id);
    anywhere.set(connector, known);
    if (source.id === undefined) {
      mute.add(`${source.kind} ${source.connector}`);
      continue;
    }
    const key = `${connector} ${source.id}`;
    const asked = sources.get(key) ?? { ...source, id: source.id, here: new Set() };
    for (const id of ids) asked.here.add(id);
    sources.set(key, asked);
  }
  return { sources: [...sources.values()], anywhere, mute: [...mute].sort() };
}

export function keyOf({ connector, kind }: Pick<Source, 'kind' | 'connector'>): string {
  return `${kind} ${connector}`;
}

/** A credential's provider, or one of its targets. */
interface Part {
  ids: readonly string[];
  source: Omit<Source, 'id' | 'here'> & { id: string | undefined };
}

async function partsOf(credential: DeclaredCredential): Promise<Part[]> {
  const provider = await loadProvider(credential.provider.type);
  return [
    providerPart(credential, provider),
    ...(await Promise.all(
      credential.targets.map(async (target) => vaultPart(credential, target, await loadVault(target.vault))),
    )),
  ];
}

function providerPart(credential: DeclaredCredential, connector: ProviderConnector): Part {
  const config = connector.schema.parse(credential.provider);
  const discover = async (on: Bench) => {
    const { provider } = await openProvider(on);
    return provider.discover?.(on.ctx) ?? nothing();
  };
  return { ids: connector.principals(config), source: { ...about(credential, connector, config), discover } };
}

function vaultPart(credential: DeclaredCredential, target: Target, connector: VaultConnector): Part {
  const { name: _name, value: _value, ...located } = target;
  const config = connector.schema.parse(located);
  const discover = async (on: Bench) => {
    const { fields } = await openProvider(on);
    const { vault } = await openTarget(on, target, fields);
    return vault.discover?.(on.ctx) ?? nothing();
  };
  return { ids: [connector.location(config)], source: { ...about(credential, connector, config), discover } };
}

function about<Config>(
  credential: DeclaredCredential,
  connector: { kind: Source['kind']; name: string; source?(config: Config): string },
  config: Config,
) {
  return { kind: connector.kind, connector: connector.name, id: connector.source?.(config), credential };
}

async function* nothing(): Discovery {}
