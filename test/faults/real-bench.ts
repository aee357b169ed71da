import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { inject } from 'vitest';
import { startOrHandIn } from '../../client/hand-ins.ts';
import * as rotations from '../../client/rotations.ts';
import { handInBinding, sealFor } from '../../connectors/keyrings/seal.ts';
import { type Credential, type KeyId, type KeyRing, type Request, Secret, workflowIdOf } from '../../contract/index.ts';
import type { rotation } from '../../workflows/rotation.workflow.ts';
import { RealWatch } from '../simulation/real-watch.ts';
import { credentialOf } from '../simulation/rig.ts';
import type { Scenario } from '../simulation/scenario.ts';
import { requestOf } from '../support/rotating.ts';
import { Chance } from '../world/chance.ts';
import { type Clock, StoppableClock } from '../world/clock.ts';
import { compactPace } from '../world/pace.ts';
import * as plain from '../world/plain.ts';
import { startWorldWorker } from '../world/worker.ts';
import { World, type WorldShape } from '../world/world.ts';
import { type Rotation, rotationOf } from './real-rotation.ts';

const silent = () => {};
const quiet = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Short enough for a test, long enough for a busy machine. */
const limits = { stepMs: 6_000, settleMs: 10_000, refusalMs: 10_000, attemptMs: 2_000, pollMs: 100 };

export const ada = { by: 'ada' };

export interface Bench {
  /** Asks for a rotation of a new world. */
  start(asked?: Asked): Promise<Rotation>;
  /** Does something while no worker runs. */
  stopped(what: () => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

export interface Asked extends Partial<Pick<Scenario, 'faults' | 'smokeTest'>> {
  /** In what it is not the plainest. */
  world?: Partial<WorldShape>;
  credential?: Partial<Credential>;
  request?: Partial<Request>;
  /** When the world is there, and nothing has been asked for. */
  prepare?: (world: World) => void;
  /** A person has made a key, and hands its value in. */
  handsIn?: (world: World) => KeyId;
}

/** The real workflow, activities, guard and worker, on a queue of their own; only what they reach out to is a world in memory. */
export async function startBench(): Promise<Bench> {
  try {
    Runtime.install({ logger: quiet });
  } catch {
    // Installed by an earlier worker of this process.
  }
  const { address, bundlePath } = inject('temporal');
  const home = await mkdtemp(join(tmpdir(), 'keyturn-faults-'));
  const [connection, native] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  const client = new Client({ connection });
  const clock = new StoppableClock();
  const worlds = new Map<string, World>();
  const taskQueue = `faults-${randomUUID()}`;
  const work = () =>
    startWorldWorker({
      ...{ connection: native, home, taskQueue, worlds, workflowBundle: { codePath: bundlePath } },
      log: { debug: silent, info: silent, warn: silent },
    });
  let worker = await work();

  return {
    async start(asked = {}) {
      const { credential, world } = begin(asked, clock);
      worlds.set(world.id, world);
      asked.prepare?.(world);
      const watch = new RealWatch(world);
      watch.begun();
      const ask = (request: Partial<Request> = {}) => {
        if (request.replace !== undefined) world.mayGo.add(request.replace);
        return rotations.startOrJoin(client, credential, requestOf(request), taskQueue);
      };
      const handIn = async (key: KeyId, more: Partial<Request> = {}) => {
        const given = await handedIn(world, { keys: worker.keys, credential, key, request: requestOf(more) });
        return startOrHandIn(client, credential, given, taskQueue);
      };
      const begun = asked.handsIn
        ? await handIn(asked.handsIn(world), asked.request)
        : { runId: (await ask(asked.request)).handle.signaledRunId };
      const handle = client.workflow.getHandle<typeof rotation>(workflowIdOf(credential.id), begun.runId);
      const request = async (more: Partial<Request>) => void (await ask(more));
      return rotationOf({ handle, handIn, keys: worker.keys, request, watch, world });
    },
    async stopped(what) {
      await worker.stop();
      await what();
      worker = await work();
    },
    async stop() {
      await worker.stop();
      clock.stop();
      await native.close();
      await connection.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface HandingIn {
  keys: KeyRing;
  credential: Credential;
  key: KeyId;
  request: Request;
}

async function handedIn(world: World, { credential, key, keys, request }: HandingIn) {
  const place = world.provider.places.find(({ name }) => key.startsWith(`${name}/`));
  const value = { user: new Secret(place?.name ?? 'app'), value: new Secret(world.secretOf(key)) };
  const { by, id, reason } = request;
  const sealed = await sealFor(keys, handInBinding(credential, id), value);
  return { request, handedIn: { id, by, ...(reason !== undefined && { reason }), sealed } };
}

function begin(asked: Asked, clock: Clock) {
  const { faults = [], smokeTest = 'none', world: shape } = asked;
  const scenario: Scenario = {
    ...{ chance: 1, graceMs: 0, soakMs: 0, approvers: 0, request: { urgency: 'routine' }, acts: [] },
    ...{ world: plain.world(shape), smokeTest, faults },
  };
  const credential = credentialFor(scenario, asked);
  const world = new World({
    ...{ id: credential.id, shape: scenario.world, clock, chance: new Chance(scenario.chance), pace: compactPace },
    ...{ latencyMsMax: 0, attemptMs: credential.limits.attemptMs },
  });
  world.network.faults = [...faults];
  world.smokeFailsForNew = smokeTest === 'fails for new';
  world.begin();
  return { credential, world };
}

function credentialFor(scenario: Scenario, { credential }: Asked): Credential {
  const simulated = credentialOf(scenario, `faults/${randomUUID()}`);
  const formOf = (name: string) => scenario.world.targets.find((target) => target.name === name)?.form ?? 'raw';
  const targets = simulated.targets.map((target) => ({ ...target, value: formOf(target.name) }));
  return { ...simulated, owner: 'tests', targets, limits, ...credential };
}
