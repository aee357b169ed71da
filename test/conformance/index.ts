/**
 * `keyturn/testing`: the conformance suites of connectors, on vitest. A harness gives the real system, or a double that behaves
 * as its vendor documents; the suite declares the tests, and skips by name what the connector declares that it cannot do.
 */

export { memoryKeyRing, testContext } from '../support/context.ts';
export { testAudit } from './audit.suite.ts';
export { testConsumer } from './consumers.suite.ts';
export { testDiscovery } from './discover.suite.ts';
export type {
  AuditCase,
  AuditSetup,
  ConsumerCase,
  ConsumerSetup,
  DiscoveryHarness,
  DiscoverySetup,
  Harness,
  ProviderCase,
  ProviderSetup,
  VaultCase,
  VaultSetup,
} from './harness.ts';
export { testProvider } from './providers.suite.ts';
export { testVault } from './vaults.suite.ts';
