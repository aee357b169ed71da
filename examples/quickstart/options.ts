import { parseArgs } from 'node:util';

export interface Options {
  json: boolean;
  keep: boolean;
  help: boolean;
}

export const usage = `Keyturn's quickstart: rotates the password of a database login while an application keeps querying through it.

Usage: npm run quickstart [-- options]

  --json   the last line on standard output is one JSON object with the proof; all else goes to standard error
  --keep   leave everything running afterwards, until Ctrl-C, to look at it and to repeat the proof from outside
  --help   this text

It starts a Temporal development server (or uses the one at TEMPORAL_ADDRESS), a PostgreSQL, a worker and the application, all on
127.0.0.1. It ends with 0 when all of the proof holds, else with 1.
`;

/** @throws TypeError for an option that does not exist. */
export function readOptions(args: readonly string[]): Options {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ args: [...args], options: { json: flag, keep: flag, help: flag } });
  return values;
}
