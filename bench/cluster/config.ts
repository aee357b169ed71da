import { randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { serverSettings } from '../../client/embedded/dev-server.ts';
import type { RunningPostgres } from '../../test/support/embedded-postgres.ts';

export const host = '127.0.0.1';
export const databases = { default: 'temporal', visibility: 'temporal_visibility' } as const;
export const plugin = 'postgres12_pgx';

/** As many as a small cluster has; they cannot be changed later. */
const shards = 16;
const servicesOf = ['frontend', 'history', 'matching', 'worker'] as const;

/** Writes what the server reads at its start (https://docs.temporal.io/references/configuration). @returns its address. */
export async function writeConfig(folder: string, postgres: RunningPostgres): Promise<string> {
  const services = Object.fromEntries(
    await Promise.all(servicesOf.map(async (name) => [name, await service()] as const)),
  );
  const grpcPort = services.frontend?.rpc.grpcPort;
  const address = `${host}:${grpcPort}`;
  const dynamic = join(folder, 'dynamic.yaml');
  await mkdir(join(folder, 'config'), { recursive: true });
  await writeFile(dynamic, stringify(dynamicSettings));
  const config = {
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: shards,
      datastores: { default: store(databases.default, postgres), visibility: store(databases.visibility, postgres) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: host } },
    services,
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: address },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    publicClient: { hostPort: address },
    dynamicConfigClient: { filepath: dynamic, pollInterval: '60s' },
  };
  await writeFile(join(folder, 'config', 'bench.yaml'), stringify(config), { mode: 0o600 });
  return address;
}

async function service() {
  return { rpc: { grpcPort: await lowPort(), membershipPort: await lowPort(), bindOnIP: host } };
}

/** The server keeps its ports in the database as numbers of 16 bits with a sign: those that the system gives away are too high. */
async function lowPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, host, () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

function store(databaseName: string, { adminUrl, port }: RunningPostgres) {
  const { password, username: user } = new URL(adminUrl);
  const connectAddr = `${host}:${port}`;
  const pool = { maxConns: 40, maxIdleConns: 40, maxConnLifetime: '1h' };
  return { sql: { pluginName: plugin, databaseName, connectAddr, connectProtocol: 'tcp', user, password, ...pool } };
}

const dynamicSettings = {
  ...Object.fromEntries(Object.entries(serverSettings).map(([name, value]) => [name, [{ value }]])),
  // What is registered at the start is there at once, instead of after some seconds.
  'system.namespaceCacheRefreshInterval': [{ value: '1s' }],
  'system.forceSearchAttributesCacheRefreshOnRead': [{ value: true }],
};
