import { loadVault } from '../connectors/load.ts';
import type { Target, VaultPowers } from '../contract/index.ts';

/** One target as people find it: which vault, and where in it, as the vault's connector names it. */
export interface Place {
  name: string;
  vault: string;
  location: string;
  /** How the value stands in it, in words. */
  shape: string;
  powers: VaultPowers;
}

export async function placeOf({ name, value: shape, ...located }: Target): Promise<Place> {
  const vault = await loadVault(located.vault);
  const config = vault.schema.parse(located);
  const shaped = typeof shape === 'string' ? shape : `json fields ${Object.keys(shape.json).join(', ')}`;
  return { name, vault: vault.name, location: vault.location(config), shape: shaped, powers: vault.powers(config) };
}

export function placeWords({ location, name, shape }: Place): string {
  return `target: ${name}, ${location}, as ${shape}`;
}
