import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { KeyturnError } from '../contract/index.ts';

export interface Connected {
  client: Client;
  connection: Connection;
  namespace: string;
  address: string;
  close(): Promise<void>;
}

const connectTimeoutMs = 5_000;

/**
 * Connects as Temporal's own environment configuration says: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS_*`, or a profile of its configuration file.
 * @throws KeyturnError `transient` naming the address when nobody answers there.
 */
export async function connect(env: NodeJS.ProcessEnv = process.env): Promise<Connected> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ overrideEnvVars: asRecord(env) });
  const address = connectionOptions.address ?? 'localhost:7233';
  if (address.includes('://')) {
    throw new KeyturnError('invalid', `TEMPORAL_ADDRESS is ${address}`, { fix: 'write host:port, without http://' });
  }
  const connection = await reach(address, () =>
    Connection.connect({ ...connectionOptions, address, connectTimeout: connectTimeoutMs }),
  );
  return {
    client: new Client({ connection, namespace }),
    connection,
    namespace,
    address,
    close: () => connection.close(),
  };
}

async function reach<T>(address: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw new KeyturnError('transient', `no Temporal answers at ${address}`, {
      fix: 'start one with `keyturn up`, or set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE, TEMPORAL_API_KEY) to yours',
      cause: error,
    });
  }
}

export function asRecord(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
