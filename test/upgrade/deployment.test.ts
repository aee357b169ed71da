import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Connected, connect } from '../../client/connect.ts';
import { Stage } from '../cli/stage.ts';
import { type Program, startWorkerProgram } from '../e2e/support/processes.ts';

/** Workers that belong to versions of a Worker Deployment, as Temporal's Worker Controller starts them. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const deploymentName = 'production/keyturn';
const id = 'deployed/grace';
const declares = { consumers: [{ type: 'pull', name: 'app', required: false }], grace: '1h' };

let stage: Stage;
let temporal: Connected;
const workers: Program[] = [];

beforeAll(async () => {
  stage = await Stage.of([{ id, given: { declares } }]);
  temporal = await connect(stage.line.env);
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await temporal?.close();
  await stage?.close();
});

async function deploy(buildId: string): Promise<Program> {
  const version = { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: buildId };
  const worker = await startWorkerProgram({ ...stage.line.env, ...version });
  workers.push(worker);
  const { connection, namespace } = temporal;
  const become = () =>
    connection.workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId });
  // The server knows a version when its worker has asked for work.
  await vi.waitUntil(
    () =>
      become().then(
        () => true,
        () => false,
      ),
    { timeout: 60_000, interval: 200 },
  );
  return worker;
}

test('a rotation that is asleep goes on with the version that has become current', async () => {
  const first = await deploy('1');
  const standing = await stage.begin(id);
  await standing.until(({ waits }) => waits.some(({ name }) => name === 'grace'));
  await deploy('2');
  await first.stop();
  expect(await stage.say('proceed', id)).toMatchObject({ code: 0 });
  await standing.until(({ end }) => end?.outcome === 'rotated');
  const { events } = await standing.handle.fetchHistory();
  const builds = (events ?? []).flatMap(
    ({ workflowTaskCompletedEventAttributes: task }) => task?.deploymentVersion?.buildId ?? [],
  );
  expect([...new Set(builds)]).toEqual(['1', '2']);
});

test('one half of a version is refused by name', async () => {
  const worker = startWorkerProgram({ ...stage.line.env, TEMPORAL_DEPLOYMENT_NAME: deploymentName });
  await expect(worker).rejects.toThrow('the environment variable TEMPORAL_WORKER_BUILD_ID: missing');
});
