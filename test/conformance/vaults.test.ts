import { vaults as world } from '../world/harness.ts';
import type { VaultCase } from './harness.ts';
import { harnessesOf } from './harnesses.ts';
import { testVault } from './vaults.suite.ts';

for (const { name, harness } of await harnessesOf<VaultCase>('vault')) await testVault(name, harness);
await testVault('world', world);
