import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface Options {
  seed: number;
  /** At least so many processes are killed, also when every boundary has been met before. */
  killsMin: number;
  /** How long boundaries are looked for. */
  minutes: number;
  /** The rounds to run. */
  rounds: readonly string[];
  /** How a full disk is made. */
  disk: 'auto' | 'tmpfs' | 'rlimit';
  /** Leaves the folder with logs and databases where it is. */
  keep: boolean;
}

export const roundNames = ['kills', 'temporal', 'outages', 'disk'] as const;

const help = `Crashes real worker processes, servers and disks in the middle of rotations, and checks that nothing is lost.

  node test/crash/main.ts [--seed N] [--kills N] [--minutes N] [--rounds ${roundNames.join(',')}] [--disk auto|tmpfs|rlimit] [--keep]

  --seed    for everything that is random; printed at the start (default: a new one)
  --kills   at least so many kill -9 (default 200), and one at each boundary if the time allows
  --minutes how long boundaries may take; after three more the other rounds begin (default 14; fewer kills then are no success)
  --rounds  only these
  --disk    how a full disk is made: a small tmpfs where it can be mounted, else a limit on file sizes
  --keep    leaves logs and databases, and says where

Exit code 1 on any violation, and when there were fewer kills.`;

/** @returns undefined when only the help was asked for, which is then printed. */
export function optionsFrom(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      kills: { type: 'string', default: '200' },
      minutes: { type: 'string', default: '14' },
      rounds: { type: 'string', default: roundNames.join(',') },
      disk: { type: 'string', default: 'auto' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return undefined;
  }
  return {
    seed: numberOf('seed', values.seed ?? String(randomInt(1_000_000))),
    killsMin: numberOf('kills', values.kills),
    minutes: numberOf('minutes', values.minutes),
    rounds: values.rounds.split(',').map((name) => oneOf('rounds', name, roundNames)),
    disk: oneOf('disk', values.disk, ['auto', 'tmpfs', 'rlimit'] as const),
    keep: values.keep,
  };
}

function numberOf(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} takes a number, not ${text}`);
  return Number(text);
}

function oneOf<Name extends string>(option: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) throw new Error(`--${option} takes ${names.join(', ')}, not ${text}`);
  return found;
}
