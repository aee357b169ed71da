import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ConnectorKind, knownConnectors } from '../../connectors/load.ts';
import type { Harness } from './harness.ts';

interface Found<Case> {
  name: string;
  harness: Harness<Case>;
}

/** The harness of every connector of a kind; for one without, a test that fails. */
export async function harnessesOf<Case>(kind: ConnectorKind): Promise<Found<Case>[]> {
  const found: Found<Case>[] = [];
  for (const name of knownConnectors(kind)) {
    const path = `connectors/${kind === 'audit' ? kind : `${kind}s`}/${name}/harness.ts`;
    const file = new URL(`../../${path}`, import.meta.url);
    if (existsSync(file)) found.push({ name, ...((await import(file.href)) as { harness: Harness<Case> }) });
    else test(`${kind} ${name} has a harness`, () => expect.fail(`${path} is missing`));
  }
  return found;
}
