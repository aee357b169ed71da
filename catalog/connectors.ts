import * as connectors from '../connectors/load.ts';
import type { ConsumerConnector, ProviderConnector, VaultConnector } from '../contract/index.ts';
import { KeyturnError, secretRefSchema } from '../contract/index.ts';
import { findingsOf, isMapping, type Parsed } from './issues.ts';
import type { Finding, Path } from './problem.ts';
import { kindWords, quoted } from './words.ts';
import { schemasAt } from './zod-walk.ts';

/** Where connectors come from; `connectors/load.ts` by default. */
export interface Load {
  loadProvider(name: string): Promise<ProviderConnector>;
  loadVault(name: string): Promise<VaultConnector>;
  loadConsumer(name: string): Promise<ConsumerConnector>;
  knownConnectors(kind: 'provider' | 'vault' | 'consumer'): string[];
}

export const defaultLoad: Load = connectors;

interface Kinds {
  provider: ProviderConnector;
  vault: VaultConnector;
  consumer: ConsumerConnector;
}
type Kind = keyof Kinds;

/** A connector with what the catalog declares for it. */
export interface Part<C> {
  connector: C;
  /** As the connector's schema gives it out; undefined where something in it is reported. */
  config: unknown;
}

interface Request<K extends Kind> {
  kind: K;
  /** The mapping in the file. */
  data: unknown;
  path: Path;
  /** Fields of the mapping that are the catalog's own. */
  besides: readonly string[];
}

/** Loads the connector that a mapping names and checks the mapping with it. Undefined where there is no such connector. */
export async function readPart<K extends Kind>(
  load: Load,
  request: Request<K>,
  findings: Finding[],
): Promise<Part<Kinds[K]> | undefined> {
  const { kind, data, path, besides } = request;
  if (!isMapping(data)) return undefined;
  const nameField = kind === 'vault' ? 'vault' : 'type';
  const name = data[nameField];
  // What is no mapping, or names no connector, is already reported by the common schema.
  if (typeof name !== 'string' || name === '') return undefined;
  const connector = await find(load, kind, name, [...path, nameField], findings);
  if (!connector) return undefined;
  const own = Object.fromEntries(Object.entries(data).filter(([field]) => !besides.includes(field)));
  const parsed: Parsed = { schema: connector.schema, data: own, path, besides };
  const result = connector.schema.safeParse(own);
  if (!result.success) findings.push(...findingsOf(parsed, result.error.issues));
  await checkReferences(load, parsed, findings);
  return { connector, config: result.data };
}

async function find<K extends Kind>(
  load: Load,
  kind: K,
  name: string,
  path: Path,
  findings: Finding[],
): Promise<Kinds[K] | undefined> {
  const known = load.knownConnectors(kind);
  if (!known.includes(name)) {
    const near = connectors.nearest(name, known);
    const expected = known.length === 0 ? `a ${kind} connector; none is installed` : `one of ${known.join(', ')}`;
    const found = near === undefined ? `an unknown ${kind}` : `the unknown ${kind} ${quoted(name)}`;
    findings.push({ path, at: 'value', found, expected, ...(near && { fix: `did you mean "${near}"?` }) });
    return undefined;
  }
  try {
    return (await loadersOf(load)[kind](name)) as Kinds[K];
  } catch (error) {
    const reason = error instanceof KeyturnError ? error.message : 'its code cannot be loaded';
    const found = `the ${kind} ${quoted(name)}, but ${reason}`;
    findings.push({ path, at: 'value', found, expected: 'a connector that works' });
    return undefined;
  }
}

function loadersOf(load: Load): Record<Kind, (name: string) => Promise<Kinds[Kind]>> {
  return {
    provider: (name) => load.loadProvider(name),
    vault: (name) => load.loadVault(name),
    consumer: (name) => load.loadConsumer(name),
  };
}

/** A reference `{target: ...}` is for the vault's own schema: a connector cannot know those of the others. */
async function checkReferences(load: Load, parsed: Parsed, findings: Finding[]): Promise<void> {
  for (const { path, target } of references(parsed.data, [])) {
    if (!schemasAt(parsed.schema, path).includes(secretRefSchema)) continue;
    const request = { kind: 'vault' as const, data: target, path: [...parsed.path, ...path, 'target'], besides: [] };
    await readPart(load, request, findings);
  }
}

function references(data: unknown, path: Path): { path: Path; target: unknown }[] {
  if (Array.isArray(data)) return data.flatMap((item, index) => references(item, [...path, index]));
  if (!isMapping(data)) return [];
  const here = isMapping(data.target) && Object.keys(data).length === 1 ? [{ path, target: data.target }] : [];
  return [...here, ...Object.entries(data).flatMap(([field, value]) => references(value, [...path, field]))];
}

/** Checks the credential's own smoke tests with the provider that will run them. */
export function checkSmokeTests(provider: Part<ProviderConnector>, tests: unknown, path: Path): Finding[] {
  if (!Array.isArray(tests) || tests.length === 0) return [];
  const { name, smokeTestSchema: schema } = provider.connector;
  if (!schema) {
    const found = kindWords(tests);
    return [{ path, at: 'key', found, expected: `no smoke tests: the provider ${name} runs none` }];
  }
  return tests.flatMap((test, index) => {
    const result = schema.safeParse(test);
    return result.success ? [] : findingsOf({ schema, data: test, path: [...path, index] }, result.error.issues);
  });
}
