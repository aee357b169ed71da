import type { AuditSink } from '../../contract/audit.ts';
import type { Attestation, Change, Consumer, ConsumerConnector } from '../../contract/consumer.ts';
import type { Context } from '../../contract/context.ts';
import type { Key, KeyId, NewKey, Provider, ProviderConnector, ProviderPowers } from '../../contract/index.ts';
import type { KeyValue } from '../../contract/secret.ts';
import type { Vault, VaultConnector, VaultPowers } from '../../contract/vault.ts';

/**
 * What a connector's `harness.ts` exports for its conformance suite: the real thing, or a double that behaves as the
 * vendor documents. A harness that cannot run on this machine says why and is shown as skipped.
 */
export interface Harness<Case> {
  /** One for each configuration worth testing: both orders of a provider, both modes of a vault. */
  cases: readonly Case[];
}

interface CaseBase<Setup> {
  name: string;
  /** A reason why this cannot run here, or undefined. Shown in the test's name. */
  skip?: () => Promise<string | undefined> | string | undefined;
  /** Starts what the case needs and makes a fresh place (a principal, a target) for one test. */
  setUp(): Promise<Setup>;
}

export interface ProviderSetup {
  provider: Provider;
  powers: ProviderPowers;
  ctx: Context;
  /** The value that works when the test begins, as an operator would have made it by hand, and its key. */
  knownGood: KeyValue;
  /** Makes a key as a stranger would, not through the connector. Absent where there is no room for one. */
  makeStranger?(): Promise<KeyId>;
  /** Makes a key as a person at a console does: where the provider can neither mint nor choose. */
  makeByHand?(): Promise<KeyValue>;
  /** A value of the right form that the provider never issued. */
  wrong: KeyValue;
  /** Uses a value as an application would, not through the connector, and leaves it in use until `stop`. */
  useAsApplication?(value: KeyValue): Promise<{ stop(): Promise<void> }>;
  /** The system out of reach, so that `verify` cannot tell. The same provider, another address. */
  unreachable: Provider;
  /** A provider whose admin credential is wrong. Absent where it has none. */
  denied?: Provider;
  tearDown(): Promise<void>;
}
export interface ProviderCase extends CaseBase<ProviderSetup> {
  connector: ProviderConnector;
}

export interface VaultSetup {
  vault: Vault;
  powers: VaultPowers;
  ctx: Context;
  /** Another handle on the same place, as another process would have it. */
  again: Vault;
  unreachable?: Vault;
  denied?: Vault;
  tearDown(): Promise<void>;
}
export interface VaultCase extends CaseBase<VaultSetup> {
  connector: VaultConnector;
}

/** What a connector that discovers exports from its `harness.discover.ts`. */
export interface DiscoveryHarness {
  connector: ProviderConnector | VaultConnector;
  /** Fills a source with more than a page of things. Once for all tests. */
  setUp(): Promise<DiscoverySetup>;
}

export interface DiscoverySetup {
  /** As a catalog declares it, with just the rights that the README asks for. */
  declared: object;
  ctx: Context;
  /** What was made there, by one of the names by which a catalog declared with this source has it. */
  made: readonly string[];
  /** Values that stand there: none may be shown. */
  values: readonly string[];
  /** As it is declared by somebody who lacks a right, and what the error has to name. */
  denied?: readonly { declared: object; names: string }[];
  tearDown(): Promise<void>;
}

export interface ConsumerSetup {
  consumer: Consumer;
  ctx: Context;
  change: Change;
  /** What the consumer's side has received, each delivery as often as it came. */
  received(): readonly Change[];
  /** What the consumer's side attests from now on. */
  attest(attestations: readonly Attestation[]): void;
  unreachable?: Consumer;
  denied?: Consumer;
  tearDown(): Promise<void>;
}
export interface ConsumerCase extends CaseBase<ConsumerSetup> {
  connector: ConsumerConnector;
}

export interface AuditSetup {
  sink: AuditSink;
  /** The same store, opened again as another process would. */
  reopen(): Promise<AuditSink>;
  tearDown(): Promise<void>;
}
export interface AuditCase extends CaseBase<AuditSetup> {}

export type { Key, NewKey };
