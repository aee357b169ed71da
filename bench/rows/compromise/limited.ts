import { Readable } from 'node:stream';
import { ended, rotationOf, startOrJoin } from '../../../client/rotations.ts';
import type { Credential } from '../../../contract/index.ts';
import { nothingCredential, nothingFolder } from '../../nothing/credentials.ts';
import { callsOf } from '../../nothing/provider.ts';
import { routineRequest } from '../../rotating.ts';
import type { Bench, Finding } from '../../row.ts';
import type { Stand } from '../../stand.ts';
import { found } from '../../stats.ts';

/** `connectors/pace.ts`: so much of a minute's calls may come at once. */
const burstMs = 10_000;
const minuteMs = 60_000;
/** As the command begins them. */
const begunAtOnce = 20;

/** Many at once of a provider that declares how many requests it takes: no more than that can be had, and hardly less should be. */
export async function limited(bench: Bench, stand: Stand): Promise<Finding[]> {
  const { count, perMinute } = bench.quick ? { count: 12, perMinute: 600 } : { count: 100, perMinute: 3_000 };
  const folder = nothingFolder(bench);
  const credentials = Array.from({ length: count }, (_, number): Credential => {
    const { provider, ...rest } = nothingCredential(folder, `limited/app-${number}`);
    return { ...rest, provider: { ...provider, requestsPerMinute: perMinute } };
  });
  const tookMs = await replaceAll(stand, credentials);
  const calls = credentials.reduce((sum, { provider }) => sum + callsOf(String(provider.file)), 0);
  const boundMs = Math.max(0, (calls * minuteMs) / perMinute - burstMs);
  bench.say(`${count} at once, limited by their provider: done`);
  const comparedTo = `bound by the declared limit: ${Math.round(boundMs)} ms for ${calls} requests`;
  const what = `${count} credentials at once, provider that declares ${perMinute} requests a minute, to the end of the last`;
  return [found(what, 'ms', [tookMs], { comparedTo })];
}

async function replaceAll({ connected }: Stand, credentials: readonly Credential[]): Promise<number> {
  const request = { ...routineRequest(), urgency: 'compromised' } as const;
  const beganMs = performance.now();
  const begin = (each: Credential) => startOrJoin(connected.client, each, request);
  await Readable.from(credentials).map(begin, { concurrency: begunAtOnce }).toArray();
  const ends = await Promise.all(credentials.map(({ id }) => ended(rotationOf(connected.client, id))));
  const tookMs = performance.now() - beganMs;
  const other = ends.find(({ outcome }) => outcome !== 'rotated');
  if (other) throw new Error(`${other.credential} ended ${other.outcome}: ${other.reason?.message ?? 'no reason'}`);
  return tookMs;
}
