import { expect } from 'vitest';
import type { AuditEntry } from '../../contract/index.ts';
import type { World } from './world.ts';

/** What holds at the end of every rotation, whatever was done to it. */
export function keptInvariants(world: World, entries: readonly AuditEntry[]): void {
  expect(world.refusals, 'current works, at every instant').toEqual([]);
  const served = [...world.places.keys()].map((name) => world.serving(name));
  const orphans = world.made().filter((id) => !served.includes(id));
  expect(orphans, 'no key is left that the rotation made and no target names').toEqual([]);
  const effects = (kind: AuditEntry['kind']) =>
    entries.filter((entry) => entry.kind === kind).map(({ effect }) => effect);
  expect(effects('result').sort(), 'every effect has exactly one result').toEqual(
    [...new Set(effects('intent'))].sort(),
  );
}
