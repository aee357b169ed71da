import { parseArgs } from 'node:util';
import { durationSchema } from '../../contract/index.ts';

export interface Options {
  /** Credentials in all. */
  count: number;
  /** So many of them are access keys of AWS, the others are logins of PostgreSQL; absent: as many as the AWS double can serve. */
  aws?: number;
  /** As the command takes it. */
  within: string;
  /** Leaves the folder with logs and databases where it is. */
  keep: boolean;
}

const help = `Declares credentials that are in use compromised, all at once, and looks from outside what becomes of them.

  npm run drill:compromise -- [--count N] [--aws N] [--within DURATION] [--keep]

  --count   so many credentials, each with a consumer that makes twelve queries a second (default 50)
  --aws     so many of them are AWS access keys, the others PostgreSQL logins (default: one of five; fewer where the AWS double, one
            Python process, does not answer fast enough on this machine, which is measured)
  --within  the deadline of the compromise (default 5m)
  --keep    leaves logs and databases, and says where

  $ npm run drill:compromise -- --count 10 --within 2m

Exit code 1 when an old key still works, when a query failed before the deadline, when a consumer made fewer than ten queries a
second, or when the report says something else than what was seen; 2 for options that there are not.`;

/** @returns undefined when only the help was asked for, which is then printed. @throws Error naming the option. */
export function optionsFrom(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '50' },
      aws: { type: 'string' },
      within: { type: 'string', default: '5m' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return undefined;
  }
  const { keep, within } = values;
  const count = numberOf('count', values.count);
  const aws = values.aws === undefined ? undefined : numberOf('aws', values.aws);
  if (count === 0) throw new Error('--count is at least 1');
  if (aws !== undefined && aws > count) throw new Error(`--aws is at most --count, ${count}`);
  if (!durationSchema.safeParse(within).success)
    throw new Error(`--within takes a duration such as 90s, not ${within}`);
  return { count, within, keep, ...(aws !== undefined && { aws }) };
}

function numberOf(name: string, text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new Error(`--${name} takes a number below 1000, not ${text}`);
  return Number(text);
}
