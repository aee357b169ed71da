import { consumers as world } from '../world/harness.ts';
import { testConsumer } from './consumers.suite.ts';
import type { ConsumerCase } from './harness.ts';
import { harnessesOf } from './harnesses.ts';

for (const { name, harness } of await harnessesOf<ConsumerCase>('consumer')) await testConsumer(name, harness);
await testConsumer('world', world);
