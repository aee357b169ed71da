import type { DeclaredCredential } from '../catalog/index.ts';
import { loadProvider, loadVault } from '../connectors/load.ts';
import type { Pace } from '../contract/index.ts';

/** So many requests a rotation makes at its provider, and writes in each of its targets, at the most as a rule. See docs/cli.md. */
const callsEach = 24;
const writesEach = 5;

const minuteMs = 60_000;

/** What its provider, its vaults and its group let a credential begin by. Makes no connection. */
export async function pacesOf({ group, provider, targets }: DeclaredCredential): Promise<Pace[]> {
  const places = await Promise.all(targets.map(vaultPace));
  const own = group ? [{ ...group, name: `group ${group.name}` }] : [];
  return [...(await providerPace(provider)), ...places.flat(), ...own];
}

async function providerPace(declared: DeclaredCredential['provider']): Promise<Pace[]> {
  const { powers, schema } = await loadProvider(declared.type);
  const { rateOf = '', requestsPerMinute } = powers(schema.parse(declared));
  return spaced(`provider ${declared.type} ${rateOf}`, callsEach, requestsPerMinute);
}

async function vaultPace({ name: _name, value: _value, ...located }: DeclaredCredential['targets'][number]) {
  const { powers, schema } = await loadVault(located.vault);
  const { rateOf = '', writesPerMinute } = powers(schema.parse(located));
  return spaced(`vault ${located.vault} ${rateOf}`, writesEach, writesPerMinute);
}

function spaced(name: string, each: number, perMinute: number | undefined): Pace[] {
  return perMinute === undefined ? [] : [{ name: name.trim(), apartMs: Math.ceil((each * minuteMs) / perMinute) }];
}
