import { randomUUID } from 'node:crypto';
import { fleetEnd, startFleet } from '../../../client/fleets.ts';
import type { Credential } from '../../../contract/index.ts';
import { startKept } from '../../kept.ts';
import { nothingCredential, nothingFolder } from '../../nothing/credentials.ts';
import { routineRequest } from '../../rotating.ts';
import type { Bench } from '../../row.ts';
import { openStand, type Stand, startWorkers } from '../../stand.ts';
import { measured, type Usage } from '../../usage.ts';

/** What came of rotating so many credentials once, one fleet after the other. */
export interface Rotated {
  stand: Stand;
  ids: readonly string[];
  tookMs: number;
  /** Of each fleet in turn: its time by its credentials. */
  eachMs: readonly number[];
  server: Usage | undefined;
  worker: Usage | undefined;
}

/** More declarations than this are more than one workflow can carry. */
const fleetMost = 1_000;
const atOnce = 20;
/** The worker's first rotations are slower: they load and compile what the others use. */
const warmUp = 20;

/** A server, a worker and a fleet of their own. */
export async function rotated(bench: Bench, count: number): Promise<Rotated> {
  const stand = await openStand(bench, () => startKept(bench));
  const folder = nothingFolder(bench);
  const [worker] = await startWorkers(bench, stand, 1);
  const named = (length: number, prefix: string) =>
    Array.from({ length }, (_, number) => nothingCredential(folder, `${prefix}/app-${number}`));
  await rotateAll(stand, named(warmUp, 'warm'));
  const credentials = named(count, 'fleet');
  const eachMs: number[] = [];
  const pids = { server: stand.server.pids(), worker: worker ? [worker.pid] : [] };
  const { tookMs, used } = await measured(pids, async () => {
    for (let from = 0; from < count; from += fleetMost) {
      const members = credentials.slice(from, from + fleetMost);
      eachMs.push((await rotateAll(stand, members)) / members.length);
      bench.say(`${from + members.length} of ${count} rotated, ${(eachMs.at(-1) ?? 0).toFixed(0)} ms each`);
    }
  });
  const ids = credentials.map(({ id }) => id);
  return { stand, ids, tookMs, eachMs, server: used.server, worker: used.worker };
}

/** As one fleet, to the end of each. @returns how long it took. */
async function rotateAll({ connected }: Stand, credentials: readonly Credential[]): Promise<number> {
  const request = { ...routineRequest(), id: randomUUID() };
  const members = credentials.map((credential) => ({ credential, paces: [] }));
  const beganMs = performance.now();
  const input = { members, request, atOnce, mostFailures: 0, until: 'ended', paces: [] } as const;
  const { handle } = await startFleet(connected.client, input);
  const { counts, outcome } = await fleetEnd(handle);
  if (counts.rotated === credentials.length) return performance.now() - beganMs;
  throw new Error(`the fleet ended ${outcome}: ${JSON.stringify(counts)}`);
}
