import type { AuditSink } from './audit.ts';
import type { ConsumerConnector } from './consumer.ts';
import type { ProviderConnector } from './provider.ts';
import type { VaultConnector } from './vault.ts';

/** What an audit sink's folder exports as `connector`. */
export interface AuditConnector {
  kind: 'audit';
  name: string;
  /** @param location what the setting `KEYTURN_AUDIT` names after the sink's own name: a path, a URL. */
  open(location: string): Promise<AuditSink>;
}

export type Connector = ProviderConnector | VaultConnector | ConsumerConnector | AuditConnector;
