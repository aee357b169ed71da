import { startOrJoin } from '../../../client/rotations.ts';
import type { Credential } from '../../../contract/index.ts';
import { startProgram } from '../../../test/e2e/support/processes.ts';
import { msOf } from '../../history/time.ts';
import { interleaved } from '../../interleave.ts';
import { routineRequest } from '../../rotating.ts';
import type { Bench, Finding } from '../../row.ts';
import { found, median } from '../../stats.ts';
import { cloned, type Unpacked } from './package.ts';
import type { Stand } from './stand.ts';

export async function workerStarts({ quick, say }: Bench, stand: Stand, { bin }: Unpacked): Promise<Finding[]> {
  const left = [...stand.credentials];
  const until = (program: string) => async () => firstTaskMs(stand, left.pop() as Credential, program);
  const kinds = { installed: until(bin), cloned: until(cloned) };
  // The first start of each fills the cache of what Node has compiled, and is not counted.
  await interleaved(kinds, 1);
  const took = await interleaved(kinds, quick ? 1 : 10);
  say('worker starts: done');
  const comparedTo = `from source, where it bundles the workflows first: ${Math.round(median(took.cloned))} ms`;
  return [
    found('worker of the package, from its start to its first task', 'ms', took.installed, { comparedTo }),
    found('worker from source, from its start to its first task', 'ms', took.cloned),
  ];
}

/** How long from the start of `keyturn worker` until a rotation that waits for a worker has its first task taken. */
async function firstTaskMs({ connected, env }: Stand, credential: Credential, bin: string): Promise<number> {
  const { handle } = await startOrJoin(connected.client, credential, routineRequest());
  const beganMs = Date.now();
  const worker = startProgram(bin, ['worker'], env);
  try {
    const early = worker.exited.then(() => Promise.reject(new Error(`the worker ended:\n${worker.stderr()}`)));
    await Promise.race([handle.result(), early]);
    const { events } = await handle.fetchHistory();
    const taken = events?.find((event) => event.workflowTaskStartedEventAttributes);
    return msOf(taken ?? {}) - beganMs;
  } finally {
    await worker.stop();
  }
}
