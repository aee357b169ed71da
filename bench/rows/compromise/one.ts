import { ended, rotationOf, startOrJoin } from '../../../client/rotations.ts';
import type { Credential } from '../../../contract/index.ts';
import { keyturn } from '../../../test/e2e/support/processes.ts';
import { routineRequest } from '../../rotating.ts';
import type { Bench, Finding } from '../../row.ts';
import type { Stand } from '../../stand.ts';
import { found, median, percentile, spreadOf } from '../../stats.ts';
import type { Logins } from './credentials.ts';
import { kinds, type Path, pathOf } from './path.ts';

/** One compromise, from its command on. */
interface Sample extends Path {
  commandMs: number;
  overMs: number;
}

const aimMs = 2_000;
const reason = 'bench';

/** All in turn, so that none has much of a past; what is new becomes old. */
export async function one({ quick, say }: Bench, stand: Stand, logins: Logins): Promise<Finding[]> {
  const { credentials } = logins;
  let turn = 0;
  const next = () => credentials[turn++ % credentials.length] as Credential;
  const [rounds, callsEach] = quick ? [2, 4] : [50, 6];
  const called: Sample[] = [];
  const commanded: Sample[] = [];
  // What the worker loads at its first rotation is not of a compromise.
  await call(stand, next());
  for (let round = 0; round < rounds; round += 1) {
    for (let number = 0; number < callsEach; number += 1) called.push(await call(stand, next()));
    commanded.push(await command(stand, logins, next()));
  }
  say(`one credential: ${called.length} by a call, ${commanded.length} by the command line`);
  return [
    ...times('a call of the library', called),
    ...times('the start of `keyturn compromised`', commanded),
    ...shares(called),
  ];
}

async function call(stand: Stand, credential: Credential): Promise<Sample> {
  const commandMs = Date.now();
  const request = { ...routineRequest(), urgency: 'compromised', reason } as const;
  const { handle } = await startOrJoin(stand.connected.client, credential, request);
  await ended(handle);
  return { ...(await path(stand, credential)), commandMs, overMs: Date.now() };
}

async function command(stand: Stand, { catalog }: Logins, credential: Credential): Promise<Sample> {
  const commandMs = Date.now();
  const program = keyturn(['compromised', credential.id, '--reason', reason, '-c', catalog], stand.env);
  const code = await program.exited;
  if (code !== 0) throw new Error(`keyturn compromised ended with ${code}:\n${program.stderr()}`);
  const overMs = Date.now();
  return { ...(await path(stand, credential)), commandMs, overMs };
}

export async function path({ connected }: Stand, { id }: Credential): Promise<Path> {
  const { events } = await rotationOf(connected.client, id).fetchHistory();
  const found = pathOf(events ?? []);
  if (found) return found;
  throw new Error(`the old key of ${id} was not proven refused`);
}

function times(from: string, samples: readonly Sample[]): Finding[] {
  const refused = samples.map(({ commandMs, refusedMs }) => refusedMs - commandMs);
  const over = median(samples.map(({ commandMs, overMs }) => overMs - commandMs));
  const p99 = percentile(refused, 99);
  const what = `one credential, from ${from} to the old key refused`;
  const slow = samples.find(({ commandMs, refusedMs }) => refusedMs - commandMs === p99);
  return [
    found(`${what}, p50`, 'ms', refused, { comparedTo: `to the end of the rotation: ${Math.round(over)} ms` }),
    {
      ...{ what: `${what}, p99`, unit: 'ms', median: p99, runs: refused.length, spread: spreadOf(refused) },
      aim: { text: 'under 2000 ms', met: p99 < aimMs, ...(slow && p99 >= aimMs && { why: slowest(slow) }) },
    },
  ];
}

function slowest({ begunMs, commandMs, took }: Sample): string {
  const parts = kinds.map((kind) => `${kind} ${Math.round(took[kind])} ms`);
  return [`until the server had the request ${Math.round(begunMs - commandMs)} ms`, ...parts].join(', ');
}

function shares(samples: readonly Sample[]): Finding[] {
  const whole = median(samples.map(({ begunMs, refusedMs }) => refusedMs - begunMs));
  const comparedTo = `from the request to the refusal: ${Math.round(whole)} ms`;
  const part = (name: string, of: (sample: Sample) => number) =>
    found(`of that, ${name}`, 'ms', samples.map(of), { comparedTo });
  const types = [...new Set(samples.flatMap(({ activities }) => [...activities.keys()]))];
  const activities = types.map((type) => part(`${type} at work`, (sample) => sample.activities.get(type) ?? 0));
  const timers = samples.map((sample) => sample.timers);
  return [
    ...kinds.map((kind) => part(kind, ({ took }) => took[kind])),
    ...activities.sort((one, other) => other.median - one.median),
    found('of that, timers that ended', 'timers', timers),
  ];
}
