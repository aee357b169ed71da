import { keyturn } from '../../../test/e2e/support/processes.ts';
import type { Bench, Finding } from '../../row.ts';
import type { Stand } from '../../stand.ts';
import { found, percentile, spreadOf } from '../../stats.ts';
import { type Logins, selection } from './credentials.ts';
import { path } from './one.ts';

/** All of them by one command. */
export async function many({ quick, say }: Bench, stand: Stand, { catalog, credentials }: Logins): Promise<Finding[]> {
  const runs = quick ? 1 : 5;
  const lasts: number[] = [];
  const all: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const refused = await declared(stand, { catalog, credentials });
    all.push(...refused);
    lasts.push(Math.max(...refused));
    say(`${credentials.length} at once: the last was refused after ${Math.round(Math.max(...refused))} ms`);
  }
  const what = `${credentials.length} credentials at once, from the start of \`keyturn compromised\` to the old key refused`;
  const comparedTo = 'bound by declared limits: none, PostgreSQL declares no rate';
  return [
    found(`${what}, p50`, 'ms', all, { comparedTo }),
    { ...found(`${what}, p99`, 'ms', all, { comparedTo }), median: percentile(all, 99), spread: spreadOf(all) },
    found(`${what}, the last`, 'ms', lasts, { comparedTo }),
  ];
}

async function declared(
  stand: Stand,
  { catalog, credentials }: Pick<Logins, 'catalog' | 'credentials'>,
): Promise<number[]> {
  const commandMs = Date.now();
  const program = keyturn(['compromised', selection, '--reason', 'bench', '-c', catalog], stand.env);
  const code = await program.exited;
  if (code !== 0) throw new Error(`keyturn compromised ended with ${code}:\n${program.stderr()}`);
  const paths = await Promise.all(credentials.map((each) => path(stand, each)));
  return paths.map(({ refusedMs }) => refusedMs - commandMs);
}
