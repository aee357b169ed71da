import { setTimeout as sleep } from 'node:timers/promises';
import { fleetOf, fleetProgress } from '../../client/fleets.ts';
import type { FleetProgress } from '../../contract/index.ts';
import { keyturn, type Program, startWorkerProgram } from '../e2e/support/processes.ts';
import { openStand, type Stand } from './stand.ts';
import { countAll } from './verdict.ts';

export interface Options {
  count: number;
  atOnce: number;
  keep: boolean;
}

const fleet = 'the-fleet';
const lookMs = 1_000;

/** What is done to it, and when so many of a hundred are in use everywhere. */
const disturbances = [
  { atPercent: 20, what: 'a worker killed', act: killWorker },
  { atPercent: 45, what: 'the Temporal server killed and started again', act: restartTemporal },
  { atPercent: 70, what: 'a worker killed', act: killWorker },
];

interface Crew {
  stand: Stand;
  workers: Program[];
}

/** @returns whether all was rotated, and nothing was lost. */
export async function run({ atOnce, count, keep }: Options): Promise<boolean> {
  say(`starting Temporal and the AWS double, making ${count} users with a key and a secret each`);
  const stand = await openStand(count);
  const crew = { stand, workers: await Promise.all([1, 2].map(() => startWorkerProgram(stand.env))) };
  const args = ['rotate', 'fleet/**', '--at-once', `${atOnce}`, '--request-id', fleet, '--wait', '--json'];
  const beganMs = Date.now();
  const command = keyturn([...args, '--reason', 'the fleet test'], stand.env);
  const seen = await disturbed(crew, command);
  const code = await command.exited;
  const tookS = Math.round((Date.now() - beganMs) / 1_000);
  const { counts, outcome } = JSON.parse(command.stdout().trim().split('\n').at(-1) ?? '{}');
  const verified = keyturn(['audit', 'verify'], stand.env);
  const auditCode = await verified.exited;
  const { violations, ...counted } = await countAll(stand);
  if (code !== 0) violations.push(`the command ended with ${code}: ${command.stderr().slice(-500)}`);
  if (outcome !== 'done' || counts?.rotated !== count)
    violations.push(`it ended ${outcome}: ${JSON.stringify(counts)}`);
  if (counted.extra < 1) violations.push('no key was made whose maker was killed: nothing was tried');
  if (auditCode !== 0) violations.push(`the audit is not whole: ${verified.stdout().slice(-500)}`);
  if (seen.mostAtOnce > atOnce) violations.push(`${seen.mostAtOnce} rotated at once`);
  for (const worker of crew.workers) process.kill(worker.pid, 'SIGKILL');
  await stand.stop(keep);
  const runs = { 'runs of the fleet workflow': seen.runs.size, 'most at once': seen.mostAtOnce, seconds: tookS };
  console.table({ outcome, rotated: counts?.rotated, ...counted, ...runs, violations: violations.length });
  console.log('Requests at the double, of one rotation');
  console.table(
    Object.fromEntries([...stand.road.done].map(([action, times]) => [action, (times / count).toFixed(1)])),
  );
  for (const line of violations) console.log(`VIOLATION ${line}`);
  if (keep) console.log(`logs and databases: ${stand.folder}`);
  return violations.length === 0;
}

interface Seen {
  mostAtOnce: number;
  runs: Set<string>;
}

/** Until the command has ended. */
async function disturbed(crew: Crew, command: Program): Promise<Seen> {
  const seen: Seen = { mostAtOnce: 0, runs: new Set() };
  const left = [...disturbances];
  let isOver = false;
  void command.exited.then(() => {
    isOver = true;
  });
  for (let looks = 0; !isOver; looks += 1) {
    await sleep(lookMs);
    const now = await look(crew.stand, seen);
    if (!now) continue;
    const { of, refreshed, rotated, rotating } = now.counts;
    if (looks % 10 === 0) say(`${refreshed + rotated} of ${of} in use everywhere, ${rotating} rotating${leftOf(now)}`);
    const [next] = left;
    if (!next || (100 * (refreshed + rotated)) / of < next.atPercent) continue;
    left.shift();
    say(next.what);
    await next.act(crew);
  }
  if (left.length > 0) say(`never done: ${left.map(({ what }) => what).join(', ')}`);
  return seen;
}

function leftOf({ leftMs }: FleetProgress): string {
  return leftMs === undefined ? '' : `, about ${Math.round(leftMs / 1_000)} s left`;
}

/** Whoever is asked may just be away. */
async function look({ connected }: Stand, seen: Seen): Promise<FleetProgress | undefined> {
  const handle = fleetOf(connected.client, fleet);
  try {
    return await connected.connection.withDeadline(Date.now() + 5_000, async () => {
      const now = await fleetProgress(handle);
      seen.mostAtOnce = Math.max(seen.mostAtOnce, now.counts.rotating);
      seen.runs.add((await handle.describe()).runId);
      return now;
    });
  } catch {
    return undefined;
  }
}

/** In the middle of making a key: it is made, and whoever asked for it does not hear so. */
async function killWorker({ stand, workers }: Crew): Promise<void> {
  const [first] = workers.splice(0, 1);
  stand.road.loseReplyTo('CreateAccessKey');
  stand.road.before('CreateAccessKey', async () => void (first && process.kill(first.pid, 'SIGKILL')));
  await first?.exited;
  workers.push(await startWorkerProgram(stand.env));
}

async function restartTemporal({ stand: { temporal } }: Crew): Promise<void> {
  await temporal.kill();
  await sleep(2_000);
  await temporal.start();
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}
