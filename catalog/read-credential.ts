import { nearest } from '../connectors/load.ts';
import type {
  ConsumerConnector,
  CredentialConsumer,
  ProviderConnector,
  Target,
  VaultConnector,
} from '../contract/index.ts';
import { approvalOf, tooFewApprovers } from './approvals.ts';
import { checkSmokeTests, type Load, type Part, readPart } from './connectors.ts';
import { findingsOf, isMapping } from './issues.ts';
import type { Finding, Path } from './problem.ts';
import {
  type Common,
  commonSchema,
  consumerFields,
  type DeclaredCredential,
  type FileFields,
  idProblem,
  targetFields,
} from './schema.ts';
import { kindWords, listed } from './words.ts';

/** A credential whose every part is right by itself. */
export interface Draft {
  credential: DeclaredCredential;
  path: Path;
  /** As it stands in the file: tells what was written from what is a default. */
  declared: Readonly<Record<string, unknown>>;
  provider: Part<ProviderConnector>;
  /** In the order of the credential's targets. */
  vaults: readonly Part<VaultConnector>[];
}

/** Reads one entry of `credentials`. Undefined, and something in `findings`, where a part of it is wrong. */
export async function readCredential(
  load: Load,
  id: string,
  declared: unknown,
  file: FileFields,
  findings: Finding[],
): Promise<Draft | undefined> {
  const path: Path = ['credentials', id];
  const before = findings.length;
  const wrongId = idProblem(id);
  if (wrongId) findings.push({ path, at: 'key', found: 'another id', expected: wrongId });
  if (!isMapping(declared)) {
    findings.push({ path, at: 'value', found: kindWords(declared), expected: 'a mapping that declares a credential' });
    return undefined;
  }
  const common = commonSchema.safeParse(declared);
  if (!common.success)
    findings.push(...findingsOf({ schema: commonSchema, data: declared, path }, common.error.issues));
  const parts = await readParts(load, declared, path, findings);
  if (common.success) {
    findings.push(...unknownGroup(common.data, file, path));
    findings.push(...tooFewApprovers(common.data, file.approvals, path));
  }
  if (!common.success || !parts || findings.length > before) return undefined;
  const { provider, vaults } = parts;
  return { credential: credentialOf(id, declared, common.data, file), path, declared, provider, vaults };
}

interface Parts {
  provider: Part<ProviderConnector>;
  vaults: Part<VaultConnector>[];
  consumers: Part<ConsumerConnector>[];
}

async function readParts(
  load: Load,
  declared: Readonly<Record<string, unknown>>,
  path: Path,
  findings: Finding[],
): Promise<Parts | undefined> {
  const request = { kind: 'provider' as const, data: declared.provider, path: [...path, 'provider'], besides: [] };
  const provider = await readPart(load, request, findings);
  const vaults = await readEach(load, 'vault', declared.targets, [...path, 'targets'], targetFields, findings);
  const consumers = await readEach(
    load,
    'consumer',
    declared.consumers,
    [...path, 'consumers'],
    consumerFields,
    findings,
  );
  if (!provider) return undefined;
  findings.push(...checkSmokeTests(provider, declared.smokeTests, [...path, 'smokeTests']));
  return { provider, vaults, consumers };
}

async function readEach<K extends 'vault' | 'consumer'>(
  load: Load,
  kind: K,
  list: unknown,
  path: Path,
  besides: readonly string[],
  findings: Finding[],
) {
  const parts = [];
  for (const [index, data] of (Array.isArray(list) ? list : []).entries()) {
    const part = await readPart(load, { kind, data, path: [...path, index], besides }, findings);
    if (part) parts.push(part);
  }
  return parts;
}

/** What belongs to a connector stays as it was declared: whoever opens the connector parses it, wherever that is. */
function credentialOf(
  id: string,
  declared: Readonly<Record<string, unknown>>,
  common: Common,
  file: FileFields,
): DeclaredCredential {
  const { grace, soak, refreshWithin, limits, maxAge, schedule, smokeTests, site, owner, tags, tier } = common;
  const targets = targetsOf(common);
  return {
    id,
    owner,
    tier,
    ...(site !== undefined && { site }),
    provider: declared.provider as DeclaredCredential['provider'],
    targets,
    consumers: consumersOf(common, targets),
    smokeTests,
    graceMs: grace,
    soakMs: soak,
    refreshWithinMs: refreshWithin,
    ...approvalOf(common, file.approvals),
    ...calendarOf(common, file),
    ...(file.notify && { notify: file.notify }),
    limits,
    ...(schedule && { schedule }),
    ...(maxAge !== undefined && { maxAgeMs: maxAge }),
    ...groupOf(common, file),
    ...(tags.length > 0 && { tags }),
  };
}

function calendarOf({ schedule }: Common, { freezes }: FileFields): Pick<DeclaredCredential, 'calendar'> {
  if (!schedule?.window && freezes.length === 0) return {};
  return { calendar: { ...(schedule?.window && { window: schedule.window }), freezes } };
}

function groupOf({ group }: Common, { groups }: FileFields): Pick<DeclaredCredential, 'group'> {
  const declared = group === undefined ? undefined : groups[group];
  if (group === undefined || !declared) return {};
  const { apart, atOnce } = declared;
  return { group: { name: group, apartMs: apart, ...(atOnce === undefined ? {} : { atOnce }) } };
}

function unknownGroup({ group }: Common, { groups }: FileFields, path: Path): Finding[] {
  const names = Object.keys(groups);
  if (group === undefined || names.includes(group)) return [];
  const near = nearest(group, names);
  const expected = names.length === 0 ? 'one of `groups`, of which the file has none' : `one of ${listed(names, 'or')}`;
  const fix = near === undefined ? {} : { fix: `did you mean "${near}"?` };
  return [{ path: [...path, 'group'], at: 'value', found: 'the name of no group', expected, ...fix }];
}

function targetsOf({ targets }: Common): Target[] {
  return targets.map((target, index) => ({
    ...target,
    name: target.name ?? (targets.length === 1 ? 'main' : `target-${index + 1}`),
  }));
}

function consumersOf({ consumers }: Common, targets: readonly Target[]): CredentialConsumer[] {
  const counts = new Map<string, number>();
  const only = targets.length === 1 ? targets[0]?.name : undefined;
  return consumers.map((consumer) => {
    const count = (counts.get(consumer.type) ?? 0) + 1;
    counts.set(consumer.type, count);
    // An empty name is no target's: the check says that `reads` is missing.
    return { ...consumer, name: consumer.name ?? `${consumer.type}-${count}`, reads: consumer.reads ?? only ?? '' };
  });
}
