import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { knownConnectors, loadProvider, loadVault } from '../../connectors/load.ts';
import { testDiscovery } from './discover.suite.ts';
import type { DiscoveryHarness } from './harness.ts';

const connectors = [
  ...(await Promise.all(knownConnectors('provider').map(loadProvider))),
  ...(await Promise.all(knownConnectors('vault').map(loadVault))),
];

for (const { kind, name, source } of connectors) {
  const file = new URL(`../../connectors/${kind}s/${name}/harness.discover.ts`, import.meta.url);
  test.skipIf(!source)(`${kind} ${name} has a harness for what it discovers`, () => {
    expect(existsSync(file), `${file.pathname} is missing`).toBe(true);
  });
  if (!source || !existsSync(file)) continue;
  const { discovery } = (await import(file.href)) as { discovery: DiscoveryHarness };
  testDiscovery(name, discovery);
}
