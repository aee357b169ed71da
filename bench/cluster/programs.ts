import { dirname, join } from 'node:path';
import { cacheFolder, goInstall, isExecutable } from '../../client/embedded/find-temporal.ts';

/** The same release as the development server of the pinned command line. */
export const serverVersion = '1.29.1';

const sources = {
  server: 'go.temporal.io/server/cmd/server',
  /** temporal-sql-tool: it has the schemas in it. */
  sql: 'go.temporal.io/server/cmd/tools/sql',
};

export type Programs = Record<keyof typeof sources, string>;

/**
 * Temporal's own server and its tool for the schema, built once into the cache, beside the command line.
 * @throws Error saying why it cannot be built here.
 */
export async function clusterPrograms(say: (line: string) => void): Promise<Programs> {
  const folder = join(dirname(cacheFolder()), `temporal-server-${serverVersion}`);
  for (const [name, source] of Object.entries(sources)) {
    if (await isExecutable(join(folder, name))) continue;
    say(`building ${source} with go install (some minutes, once) ...`);
    const failed = await goInstall(`${source}@v${serverVersion}`, folder, process.env);
    if (failed !== undefined) throw new Error(`go install did not build ${source}: ${failed}`);
  }
  return { server: join(folder, 'server'), sql: join(folder, 'sql') };
}
