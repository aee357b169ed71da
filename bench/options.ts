import { parseArgs } from 'node:util';
import { type Engine, engines } from './row.ts';

export interface Options {
  quick: boolean;
  rows: readonly string[];
  engines: readonly Engine[];
  out: string;
  /** What `out` holds already is kept. */
  resume: boolean;
}

const help = (
  names: readonly string[],
) => `Measures how fast Keyturn rotates, what that costs the engine, and how it grows.

  npm run bench -- [--quick] [--only ROWS] [--engine ENGINES] [--out FILE] [--resume FILE]

  --quick   every row in five minutes on two cores: fewer runs, a smaller fleet; without it, up to three hours
  --only    only these rows, with commas between: ${names.join(', ')}
  --engine  which Temporal servers the rows floor and workers measure: ${engines.join(', ')} (default: both; with --quick dev)
  --out     where the report is written as JSON, row by row (default: .bench/<date>.json)
  --resume  goes on with a report: rows that are in it are not measured again
  --help    says this

  $ npm run bench -- --quick --only floor,cost

Ctrl-C leaves a report that can be resumed. Exit code 1 when a row failed, 2 for options that there are not, 130 after Ctrl-C.
An aim that is not met is no failure: it is printed.`;

/** @returns undefined when only the help was asked for, which is then printed. @throws Error naming the option. */
export function optionsFrom(args: readonly string[], names: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      engine: { type: 'string' },
      out: { type: 'string' },
      resume: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { help: asksHelp, only, out, quick, resume } = values;
  if (asksHelp) {
    console.log(help(names));
    return undefined;
  }
  if (out !== undefined && resume !== undefined) throw new Error('--resume goes on in its own file: leave out --out');
  return {
    quick,
    rows: only === undefined ? names : chosen('--only', only, names),
    engines: chosen('--engine', values.engine ?? (quick ? 'dev' : engines.join()), engines),
    out: resume ?? out ?? `.bench/${new Date().toISOString().slice(0, 16).replaceAll(':', '')}.json`,
    resume: resume !== undefined,
  };
}

function chosen<Name extends string>(option: string, text: string, known: readonly Name[]): Name[] {
  const asked = text.split(',').map((each) => each.trim());
  const strange = asked.find((each) => !known.some((name) => name === each));
  if (strange !== undefined) throw new Error(`${option} knows no ${JSON.stringify(strange)}, only ${known.join(', ')}`);
  return known.filter((name) => asked.includes(name));
}
