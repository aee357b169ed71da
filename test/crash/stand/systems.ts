import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IAM } from '@aws-sdk/client-iam';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { bundleWorkflowCode } from '@temporalio/worker';
import { type Connected, connect } from '../../../client/connect.ts';
import { openKeyRing } from '../../../connectors/keyrings/file/index.ts';
import { loadAudit } from '../../../connectors/load.ts';
import type { AuditSink, KeyRing } from '../../../contract/index.ts';
import { type Road, roadTo } from '../../e2e/support/road.ts';
import { startPostgres } from '../../support/embedded-postgres.ts';
import { type Google, startGoogle } from '../../support/google/server.ts';
import { type AwsDouble, start as startAws } from '../../support/services/aws.ts';
import { startTemporal, type TemporalServer } from './temporal.ts';

/** Everything that outlives a worker, and the roads on which workers reach it. */
export interface Systems {
  /** Holds all that is written here: logs, databases, Keyturn's folder. */
  folder: string;
  home: string;
  bundle: string;
  temporal: TemporalServer;
  connected: Connected;
  keys: KeyRing;
  sink: AuditSink;
  postgres: { host: string; port: number; adminUrl: string; road: Road };
  aws: AwsDouble & { iam: IAM; secrets: SecretsManager; road: Road };
  google: Google & { road: Road };
  stop(): Promise<void>;
}

const workflowsPath = fileURLToPath(new URL('../../../workflows/index.ts', import.meta.url));

export async function startSystems(): Promise<Systems> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-crash-'));
  const log = createWriteStream(join(folder, 'postgres.log'));
  const [temporal, postgres, aws, google, bundle] = await Promise.all([
    startTemporal(join(folder, 'temporal.db')),
    startPostgres({ settings: { log_statement: 'all' }, onLog: (text) => log.write(text) }),
    startAws(),
    startGoogle(),
    bundleInto(folder),
  ]);
  const [connected, kept, roads] = await Promise.all([
    connect({ TEMPORAL_ADDRESS: temporal.address }),
    openHome(join(folder, 'home')),
    Promise.all([
      roadTo(postgres),
      roadTo({ host: '127.0.0.1', port: Number(new URL(aws.provide.endpoint).port) }),
      roadTo({ host: '127.0.0.1', port: google.address.port }),
    ]),
  ]);
  const [postgresRoad, awsRoad, googleRoad] = roads;
  return {
    folder,
    bundle,
    temporal,
    connected,
    ...kept,
    postgres: { ...postgres, road: postgresRoad },
    aws: { ...aws.provide, ...ownersOf(aws.provide), road: awsRoad },
    google: Object.assign(google, { road: googleRoad }),
    async stop() {
      // The client stays open to the end of the process: queries that nobody waits for any more are still tried.
      await kept.sink.close();
      await temporal.kill();
      await Promise.all(roads.map((road) => road.close()));
      await Promise.all([postgres.stop(), aws.stop(), google.stop()]);
      log.end();
    },
  };
}

export async function openHome(home: string): Promise<{ home: string; keys: KeyRing; sink: AuditSink }> {
  const sink = await (await loadAudit('sqlite')).open(join(home, 'audit.db'));
  const keys = await openKeyRing(join(home, 'keys.json'), { create: true });
  return { home, keys, sink };
}

async function bundleInto(folder: string): Promise<string> {
  const nothing = () => {};
  const logger = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
  const { code } = await bundleWorkflowCode({ workflowsPath, logger });
  const file = join(folder, 'workflows.js');
  await writeFile(file, code);
  return file;
}

/** As a person with all rights, on the straight way to the double. */
export function ownersOf({ adminAccessKeyId, adminSecretAccessKey, endpoint, region }: AwsDouble) {
  const credentials = { accessKeyId: adminAccessKeyId, secretAccessKey: adminSecretAccessKey };
  const options = { endpoint, region, credentials };
  return { iam: new IAM(options), secrets: new SecretsManager(options) };
}

export async function removeFolder({ folder }: Pick<Systems, 'folder'>): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
