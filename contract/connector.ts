import type { AuditSink } from './audit.ts';
import type { ConsumerConnector } from './consumer.ts';
import type { ProviderConnector } from './provider.ts';
import type { VaultConnector } from './vault.ts';

/** What an audit sink's folder exports as `connector`. */
export interface AuditConnector {
  kind: 'audit';
  name: string;
  /** @param location what the setting `KEYTURN_AUDIT` names after the sink's own name: a path, a URL; empty: none. */
  open(location: string): Promise<AuditSink>;
  /** Brings the schema to what this version knows. Absent where opening makes all that is needed. */
  migrate?(location: string, options: { dryRun: boolean }): Promise<AuditMigration>;
  /** Whether a location has a secret in it, which may not stand in an argument. Absent: none has. */
  holdsSecret?(location: string): boolean;
}

export interface AuditMigration {
  /** For people: never a password. */
  place: string;
  /** Names of the migrations that had been applied before. */
  had: string[];
  /** Of those that were applied now, or, for a dry run, would be. */
  applied: string[];
}

export type Connector = ProviderConnector | VaultConnector | ConsumerConnector | AuditConnector;
