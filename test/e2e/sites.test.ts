import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { type Connected, connect } from '../../client/connect.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { ended, progress, rotationOf } from '../../client/rotations.ts';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { testContext } from '../support/context.ts';
import { type Issuer, postgresIssuer } from './support/issuers.ts';
import { keyturn, type Program, startWorkerProgram } from './support/processes.ts';
import { type Road, roadTo } from './support/road.ts';
import { holdsSocket, tellsSockets } from './support/sockets.ts';
import { startToldConsumer, type ToldConsumer } from './support/told-consumer.ts';
import { filePlace } from './support/vault-places.ts';

/**
 * Two workers as processes of their own, with one environment: the only difference is that the road to the database lets nobody
 * pass but the worker of the site `dmz`.
 */

let folder: string;
let server: DevServer;
let temporal: Connected;
let road: Road;
let told: ToldConsumer;
let env: Record<string, string>;
let main: Program;
let dmz: Program | undefined;
let atSite: Issuer;

const ids = { dmz: 'dmz/orders/DATABASE_URL', nowhere: 'main/billing/DATABASE_URL' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-sites-'));
  const home = join(folder, 'home');
  const admits = (fromPort: number) => (dmz ? holdsSocket(dmz.pid, fromPort) : Promise.resolve(false));
  const ctx = testContext({ home, keys: await openKeyRing(keyRingFile(home), { create: true }) });
  [server, told, road] = await Promise.all([
    startDevServer(),
    startToldConsumer(),
    roadTo(inject('postgres'), tellsSockets ? { admits } : {}),
  ]);
  const issuers = await Promise.all([postgresIssuer(road.port), postgresIssuer(road.port)]);
  const places = await Promise.all(issuers.map(({ first, shape }) => filePlace(ctx, { first, shape })));
  const declared = issuers.map(({ provider }, index) => ({
    owner: 'tests',
    provider,
    targets: [places[index]?.target],
    grace: 0,
    soak: 0,
  }));
  const limits = { attempt: '5s', poll: '200ms' };
  const credentials = {
    [ids.dmz]: { ...declared[0], site: 'dmz', consumers: [told.declared], limits: { ...limits, step: '1m' } },
    [ids.nowhere]: { ...declared[1], limits: { ...limits, step: '5s' } },
  };
  await writeFile(join(folder, 'keyturn.yaml'), stringify({ credentials }));
  env = {
    TEMPORAL_ADDRESS: server.address,
    KEYTURN_HOME: home,
    KEYTURN_CATALOG: join(folder, 'keyturn.yaml'),
    [told.variable]: told.secret,
    ...issuers[0].env,
    ...issuers[1].env,
  };
  atSite = issuers[0];
  [main, temporal] = await Promise.all([startWorkerProgram(env), connect(env)]);
});

afterAll(async () => {
  await Promise.all([main?.stop(), dmz?.stop(), temporal?.close(), told?.stop(), road?.close()]);
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('without a worker at the site the rotation waits, and who asked for it is told; with one it goes on', async () => {
  const asked = keyturn(['rotate', ids.dmz, '--json'], env);
  expect(await asked.exited).toBe(69);
  expect(asked.stderr()).toMatch(/no worker serves the queue keyturn-dmz; the rotation stays open and waits for one/);
  expect(asked.stderr()).toMatch(/fix: start one with `keyturn worker --site dmz`/);
  const handle = rotationOf(temporal.client, ids.dmz);
  expect(await progress(handle)).toMatchObject({ state: 'running', phase: 'inspect' });
  const { raw } = await handle.describe();
  expect(raw.pendingActivities).toMatchObject([{ attempt: 1, lastFailure: null }]);
  dmz = await startWorkerProgram({ ...env, KEYTURN_SITE: 'dmz' });
  expect(await ended(handle)).toMatchObject({ outcome: 'rotated', evidence: { consumers: [{ consumer: 'app' }] } });
  expect(await atSite.accepts(atSite.first)).toBe(false);
});

test('every activity ran on the queue of the site and there, the workflow itself on the main queue', async () => {
  const { events } = await rotationOf(temporal.client, ids.dmz).fetchHistory();
  const scheduled = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
  const names = new Set(scheduled.map(({ activityType }) => activityType?.name));
  for (const name of [
    'inspectTarget',
    'applyKey',
    'writeTarget',
    'moveCurrent',
    'tellConsumer',
    'removeKey',
    'recordEnd',
  ]) {
    expect(names).toContain(name);
  }
  expect(new Set(scheduled.map(({ taskQueue }) => taskQueue?.name))).toEqual(new Set(['keyturn-dmz']));
  const pidsOf = (started: { identity?: string | null }[]) =>
    new Set(started.map(({ identity }) => parseInt(identity ?? '', 10)));
  const activities = (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes ?? []);
  const decisions = (events ?? []).flatMap((event) => event.workflowTaskStartedEventAttributes ?? []);
  expect(pidsOf(activities)).toEqual(new Set([dmz?.pid]));
  expect(pidsOf(decisions)).toEqual(new Set([main.pid]));
});

test.skipIf(!tellsSockets)(
  'the worker of the main queue does not reach the database (Linux tells whose a socket is)',
  async () => {
    const run = keyturn(['rotate', ids.nowhere, '--wait', '--json'], env);
    expect(await run.exited).toBe(3);
    const { outcome, reason } = JSON.parse(run.stdout().trim().split('\n').at(-1) ?? '{}');
    expect(outcome).toBe('unchanged');
    expect(reason).toMatchObject({ kind: 'transient', message: expect.stringMatching(/^provider postgres: verify: /) });
  },
);
