import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { startDevServer } from '../../../client/embedded/dev-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    temporal: { address: string; bundlePath: string };
  }
}

const workflowsPath = fileURLToPath(new URL('../../../workflows/index.ts', import.meta.url));

/** One development server and one workflow bundle for all tests. */
export async function start() {
  const say = (line: string) => console.error(line);
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-bundle-'));
  const [server, { code }] = await Promise.all([
    startDevServer({ say }),
    bundleWorkflowCode({ workflowsPath, logger: quiet }),
  ]);
  const bundlePath = join(folder, 'workflows.js');
  await writeFile(bundlePath, code);
  return {
    provide: { address: server.address, bundlePath },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const nothing = () => {};
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
