import { randomUUID } from 'node:crypto';
import { TypedSearchAttributes } from '@temporalio/common';
import { rotationOf } from '../../../client/rotations.ts';
import { type Credential, mainQueue, type Request } from '../../../contract/index.ts';
import type { Program } from '../../../test/e2e/support/processes.ts';
import { searchPairs } from '../../../workflows/engine.ts';
import { bundled } from '../../bundle.ts';
import { type Outline, outlineOf, type Sizes, sizesOf } from '../../history/outline.ts';
import { padded } from '../../history/padding.ts';
import { nothingCredential, nothingFolder } from '../../nothing/credentials.ts';
import { makeReal } from '../../real.ts';
import { rotate, routineRequest } from '../../rotating.ts';
import type { Bench } from '../../row.ts';
import { type Stand, startReady, startWorkers } from '../../stand.ts';
import type { floor } from './workflow.ts';

/** One kind of workflow, and the worker that does it. */
export interface Lane {
  /** In the table: README.md says what it is. */
  about: string;
  worker: Program;
  /** One, to its end. @returns its workflow id. */
  run(number: number): Promise<string>;
}

const laneNames = ['floor', 'nothing', 'memory', 'real'] as const;
export type LaneName = (typeof laneNames)[number];
export type Lanes = Record<LaneName, Lane>;

const memoryQueue = 'keyturn-memory';
const floorQueue = 'floor';

/** @param count of credentials over a real PostgreSQL: as many as one loop rotates. */
export async function openLanes(bench: Bench, stand: Stand, count: number): Promise<Lanes> {
  const real = await makeReal(bench, stand, { count });
  const folder = nothingFolder(bench);
  const [worker] = (await startWorkers(bench, stand, 1, real.env)) as [Program];
  const [inMemory] = (await startWorkers(bench, stand, 1, { BENCH_AUDIT: 'memory', BENCH_QUEUE: memoryQueue })) as [
    Program,
  ];
  const fresh = () => nothingCredential(folder, `nothing/${randomUUID()}`);
  const rotated = async (credential: Credential, queue = mainQueue) => {
    await rotate(stand, credential, queue);
    return rotationOf(stand.connected.client, credential.id).workflowId;
  };
  const example = fresh();
  await rotated(example);
  return {
    floor: await openFloor(bench, stand, example),
    nothing: { about: 'nothing', worker, run: () => rotated(fresh()) },
    memory: { about: 'nothing, audit in memory', worker: inMemory, run: () => rotated(fresh(), memoryQueue) },
    real: {
      about: 'PostgreSQL and file vault',
      worker,
      run: (number) => rotated(real.credentials[number % count] as Credential),
    },
  };
}

/** A workflow that goes through what this rotation went through, and does nothing. */
async function openFloor(bench: Bench, stand: Stand, example: Credential): Promise<Lane> {
  const { client } = stand.connected;
  const { events } = await rotationOf(client, example.id).fetchHistory();
  const outline = outlineOf(events ?? []);
  const worker = await startReady(bench, 'bench/rows/floor/worker.ts', {
    ...stand.env,
    BENCH_FLOOR_BUNDLE: await bundled(new URL('workflow.ts', import.meta.url)),
    BENCH_FLOOR_QUEUE: floorQueue,
  });
  const options = floorOptions(outline, sizesOf(events ?? []));
  const run = async () => {
    const workflowId = `floor/${randomUUID()}`;
    const handle = await client.workflow.signalWithStart<typeof floor, [unknown]>('floor', { ...options, workflowId });
    await handle.result();
    return workflowId;
  };
  return {
    about: 'floor',
    worker,
    run,
  };
}

/** Started as a rotation is: by a signal, with search attributes and words for people. */
function floorOptions(outline: Outline, { input, signal }: Sizes) {
  const { id: _id, ...request }: Request = routineRequest();
  const values = {
    credential: 'nothing',
    owner: 'nothing',
    provider: 'nothing',
    urgency: 'routine',
    phase: 'rotating',
  } as const;
  return {
    taskQueue: floorQueue,
    args: [padded(outline, input)] as [Outline],
    signal: 'request',
    signalArgs: [padded(request, signal)] as [unknown],
    staticSummary: 'rotate nothing/00000000-0000-0000-0000-000000000000',
    staticDetails: `asked for by ${request.by}`,
    typedSearchAttributes: new TypedSearchAttributes(searchPairs(values)),
  };
}
