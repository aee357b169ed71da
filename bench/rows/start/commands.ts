import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startOrJoin } from '../../../client/rotations.ts';
import { interleaved } from '../../interleave.ts';
import { routineRequest } from '../../rotating.ts';
import type { Bench, Finding } from '../../row.ts';
import { startWorkers } from '../../stand.ts';
import { found, median } from '../../stats.ts';
import { cloned, type Unpacked } from './package.ts';
import type { Stand } from './stand.ts';

/** What the process of one command took, its start by the operating system included. */
interface Taken {
  wallMs: number;
  cpuMs: number;
}

export async function commandStarts(bench: Bench, stand: Stand, { bin }: Unpacked): Promise<Finding[]> {
  const { connected, credentials, env } = stand;
  // `status` asks the worker for the steps of a rotation that has ended.
  await startWorkers(bench, stand, 1);
  const [first] = credentials;
  if (!first) throw new TypeError('there is no credential');
  await (await startOrJoin(connected.client, first, routineRequest())).handle.result();
  const kinds = {
    node: () => timed(['-e', '0'], env),
    '--help': () => timed([bin, '--help'], env),
    status: () => timed([bin, 'status', first.id], env),
    '--help, from source': () => timed([cloned, '--help'], env),
    'status, from source': () => timed([cloned, 'status', first.id], env),
  };
  // The first start of each fills the cache of what Node has compiled, and is not counted.
  await interleaved(kinds, 1);
  const { node, ...commands } = await interleaved(kinds, bench.quick ? 3 : 20);
  bench.say('command starts: done');
  return Object.entries(commands).flatMap(([name, taken]) => [
    compared(`keyturn ${name}`, 'wallMs', taken, node),
    compared(`keyturn ${name}, processor time`, 'cpuMs', taken, node),
  ]);
}

function compared(what: string, field: keyof Taken, taken: readonly Taken[], bare: readonly Taken[]): Finding {
  const ofNode = median(bare.map((each) => each[field]));
  const samples = taken.map((each) => each[field]);
  return found(what, 'ms', samples, { comparedTo: `node -e 0: ${Math.round(ofNode)} ms` });
}

/** The shell's own `time`, because Node does not tell what a child took. */
const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@" > /dev/null 2> /dev/null';

/** @throws Error when the command does not end with 0, or there is no bash. */
async function timed(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Taken> {
  const { HOME = '', PATH = '' } = process.env;
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, ...args], {
    env: { HOME, PATH, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args.slice(-2).join(' ')} ended with ${code}`);
  const [wall = 0, user = 0, system = 0] = said.trim().split(' ').map(Number);
  return { wallMs: wall * 1_000, cpuMs: (user + system) * 1_000 };
}
