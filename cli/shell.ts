import { resolve } from 'node:path';
import type { Command, OptionValues } from '@commander-js/extra-typings';
import type { Settings } from '../contract/index.ts';
import { KeyturnError, settingsSchema } from '../contract/index.ts';
import { Output } from './output.ts';

/** What every command works with. */
export interface Shell {
  out: Output;
  env: NodeJS.ProcessEnv;
  catalogFile: string;
  settings: Settings;
  /** Keyturn's folder, absolute. */
  home: string;
}

export const defaultCatalog = 'keyturn.yaml';

/** Adds what every command takes, so that it may stand before and after the command's name. */
export function withGlobals<Args extends unknown[], Options extends OptionValues, Above extends OptionValues>(
  command: Command<Args, Options, Above>,
) {
  return command
    .option('-c, --catalog <file>', `the catalog (default: $KEYTURN_CATALOG or ${defaultCatalog})`)
    .option('--json', 'one JSON object as the last line on standard output');
}

interface Options {
  catalog?: string;
  json?: true;
}

interface Given {
  opts(): Options;
  parent: Given | null;
}

/** @throws KeyturnError `invalid` for a setting in the environment that cannot be. */
export function shellOf(command: { opts(): object; parent: unknown }): Shell {
  const { catalog, json } = optionsOf(command as Given);
  const { env } = process;
  const settings = settingsOf(env);
  return {
    out: new Output(json ?? false),
    env,
    catalogFile: catalog ?? (env.KEYTURN_CATALOG || defaultCatalog),
    settings,
    home: resolve(settings.KEYTURN_HOME),
  };
}

/** What stands nearest to the command's name wins. */
function optionsOf(command: Given | null): Options {
  if (command === null) return {};
  const { catalog, json } = command.opts();
  const above = optionsOf(command.parent);
  return { catalog: catalog ?? above.catalog, json: json ?? above.json };
}

function settingsOf(env: NodeJS.ProcessEnv): Settings {
  const parsed = settingsSchema.safeParse(env);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KeyturnError('invalid', `the environment variable ${issue?.path.join('.')}: ${issue?.message}`, {
    fix: 'correct it, or unset it for its default',
  });
}
