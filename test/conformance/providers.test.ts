import { providers as world } from '../world/harness.ts';
import type { ProviderCase } from './harness.ts';
import { harnessesOf } from './harnesses.ts';
import { testProvider } from './providers.suite.ts';

for (const { name, harness } of await harnessesOf<ProviderCase>('provider')) await testProvider(name, harness);
await testProvider('world', world);
