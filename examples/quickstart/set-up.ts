import { hasWorkers } from '../../client/cluster.ts';
import type { Connected } from '../../client/connect.ts';
import { loadProvider } from '../../connectors/load.ts';
import { type Credential, mainQueue, siteQueue } from '../../contract/index.ts';
import { type RunningPostgres, startPostgres } from '../embedded-postgres.ts';
import { providerOf, writeCatalog } from './catalog.ts';
import { Administrator, admin, adminUrlFor, logins, newPassword, urlFor } from './database.ts';
import {
  contextIn,
  type Home,
  leaveProofOnly,
  makeHome,
  removeHome,
  secretName,
  storeFirstValue,
  writeSecret,
} from './home.ts';
import { type Process, startProcess } from './processes.ts';
import { quietly } from './signals.ts';
import type { Stage } from './stage.ts';
import { startTemporal, type TemporalOptions, type TemporalReady } from './temporal.ts';
import { Traffic, total } from './traffic.ts';

/** Everything that the story needs. */
export interface Scene {
  home: Home;
  temporal: Connected;
  /** Of Temporal's web pages, where they are ours. */
  uiPort?: number;
  server: RunningPostgres;
  administrator: Administrator;
  /** What the application begins with. */
  firstUrl: string;
  traffic: Traffic;
  application: Process & { port: number };
  worker: Process;
  credential: Credential;
}

export interface SetUpOptions extends TemporalOptions {
  /** What stays of the home at the end. */
  leave(): 'nothing' | 'proof';
}

export async function setUp(options: SetUpOptions): Promise<Scene> {
  const { stage, voice, leave } = options;
  const close = (made: Home) => (leave() === 'proof' ? leaveProofOnly(made) : removeHome(made));
  const home = await stage.start(makeHome, close);
  const temporal = await startTemporal(options);
  const server = await voice.doing(
    'PostgreSQL 17',
    () => startServer(stage),
    ({ host, port }) => `${host}:${port}`,
  );
  const administrator = new Administrator(server);
  const what = `database with the table orders, logins ${logins.join(' and ')}, an admin that is no superuser`;
  const firstUrl = await voice.doing(what, () => prepareDatabase(home, server, administrator));
  const application = await voice.doing(
    'application, a process of its own',
    () => startApplication(stage, home),
    ({ pid }) => `pid ${pid}`,
  );
  const watching = await administrator.watching();
  const traffic = await stage.start(
    async () => new Traffic(watching),
    (each) => each.stop(),
  );
  traffic.start();
  const credential = await writeCatalog(home, server, application.port, temporal.place);
  const worker = await voice.doing(
    'Keyturn worker, a process of its own',
    () => startWorker(stage, home, temporal, credential),
    ({ pid }) => `pid ${pid}`,
  );
  await voice.doing(
    `the application queries as ${logins[0]}`,
    () => traffic.until('queries', () => total(traffic.queries()) >= 100),
    () => `${total(traffic.connections())} connections`,
  );
  return {
    home,
    temporal: temporal.connected,
    ...(temporal.uiPort === undefined ? {} : { uiPort: temporal.uiPort }),
    server,
    administrator,
    firstUrl,
    traffic,
    application,
    worker,
    credential,
  };
}

function startServer(stage: Stage): Promise<RunningPostgres> {
  return quietly(() => stage.start(startPostgres, (server) => server.stop()));
}

/** Runs what Keyturn itself says has to be prepared. @returns the application's URL. */
async function prepareDatabase(home: Home, server: RunningPostgres, administrator: Administrator): Promise<string> {
  const adminPassword = newPassword();
  await writeSecret(home.adminUrlFile, adminUrlFor(server, adminPassword));
  await administrator.makeDatabase();
  const connector = await loadProvider('postgres');
  const provider = connector.open(connector.schema.parse(providerOf(home, server)));
  const before = await provider.prepare?.(contextIn(home));
  await administrator.makeRoles(before?.script ?? '');
  const password = newPassword();
  await administrator.setPassword(admin, adminPassword);
  await administrator.setPassword(logins[0], password);
  const after = await provider.prepare?.(contextIn(home));
  if (!after?.ready) throw new Error(`the database is not as Keyturn wants it: ${after?.problems.join('; ')}`);
  const url = urlFor(server, logins[0], password);
  await storeFirstValue(home, url);
  return url.reveal();
}

async function startApplication(stage: Stage, home: Home): Promise<Process & { port: number }> {
  const started = await stage.start(
    async () =>
      startProcess('application', new URL('./app.ts', import.meta.url), home.applicationLog, {
        KEYTURN_HOME: home.folder,
        APP_LOG: home.applicationLog,
        APP_SECRET: secretName,
        APP_WEBHOOK_SECRET_FILE: home.webhookSecretFile,
      }),
    (each) => each.stop(),
  );
  const { port } = await started.message<{ port: number }>();
  return { ...started, port };
}

async function startWorker(
  stage: Stage,
  home: Home,
  { connected, env }: TemporalReady,
  { site }: Credential,
): Promise<Process> {
  const own = { KEYTURN_HOME: home.folder, ...(site === undefined ? {} : { KEYTURN_SITE: site }) };
  const file = new URL('../../workers/main.ts', import.meta.url);
  const worker = await stage.start(
    async () => startProcess('worker', file, home.workerLog, { ...env, ...own }),
    (each) => each.stop(),
  );
  const queue = site === undefined ? mainQueue : siteQueue(site);
  const ready = async () => {
    while (!(await hasWorkers(connected.connection, connected.namespace, queue))) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await Promise.race([ready(), worker.died]);
  return worker;
}
