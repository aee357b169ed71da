import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { providers as world } from '../world/harness.ts';
import type { Harness, ProviderCase } from './harness.ts';
import { conformance, type Look } from './providers.suite.ts';

const folder = fileURLToPath(new URL('../../connectors/providers/', import.meta.url));
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

for (const name of names) {
  if (!existsSync(`${folder}${name}/harness.ts`)) {
    test(`provider ${name} has a harness`, () => expect.fail(`connectors/providers/${name}/harness.ts is missing`));
    continue;
  }
  const { harness } = (await import(`${folder}${name}/harness.ts`)) as { harness: Harness<ProviderCase> };
  test(`provider ${name} has a case`, () => expect(harness.cases.length).toBeGreaterThan(0));
  for (const one of harness.cases) await declare(name, one);
}

for (const one of world.cases) await declare('world', one);

async function declare(name: string, one: ProviderCase): Promise<void> {
  const title = `provider ${name}: ${one.name}`;
  const reason = await one.skip?.();
  if (reason) {
    describe.skip(`${title} (skipped: ${reason})`, () => test('conformance', () => {}));
    return;
  }
  const look = await lookAt(one);
  if ('error' in look) test(`${title}: sets up`, () => Promise.reject(look.error));
  else describe(title, () => conformance(name, one, look));
}

/** The powers decide which tests there are, so they have to be known before any test runs. */
async function lookAt(one: ProviderCase): Promise<Look | { error: unknown }> {
  try {
    const setup = await one.setUp();
    const { powers, provider, makeStranger, useAsApplication, denied } = setup;
    await setup.tearDown();
    const offers = {
      apply: provider.apply !== undefined,
      stranger: makeStranger !== undefined,
      application: useAsApplication !== undefined,
      denied: denied !== undefined,
    };
    return { powers, offers };
  } catch (error) {
    return { error };
  }
}
