import { startKept } from '../../kept.ts';
import type { Bench, Finding, Row } from '../../row.ts';
import { openStand, startWorkers } from '../../stand.ts';
import { makeLogins } from './credentials.ts';
import { limited } from './limited.ts';
import { many } from './many.ts';
import { one } from './one.ts';

export const compromise: Row = {
  name: 'compromise',
  about: 'from the command that a key is known to others until it is refused',
  run,
};

/** By one command. */
const atOnce = { quick: 30, full: 100 } as const;

async function run(bench: Bench): Promise<Finding[]> {
  const stand = await openStand(bench, () => startKept(bench));
  const count = atOnce[bench.quick ? 'quick' : 'full'];
  bench.say(`making ${count} pairs of PostgreSQL logins`);
  const logins = await makeLogins(bench, stand, count);
  await startWorkers(bench, stand, 1, logins.env);
  return [
    ...(await one(bench, stand, logins)),
    ...(await many(bench, stand, logins)),
    ...(await limited(bench, stand)),
  ];
}
