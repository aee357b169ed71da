import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { atExit } from './at-exit.ts';

const made = new Map<string, Promise<string>>();

/** Workflows made into one file, once for all rows, as the package has it: workers then start at once. */
export function bundled(workflows: URL = new URL('../workflows/index.ts', import.meta.url)): Promise<string> {
  const known = made.get(workflows.href);
  if (known) return known;
  const making = bundle(fileURLToPath(workflows));
  made.set(workflows.href, making);
  return making;
}

async function bundle(workflowsPath: string): Promise<string> {
  const nothing = () => {};
  const logger = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
  const { code } = await bundleWorkflowCode({ workflowsPath, logger });
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-bench-bundle-'));
  atExit.add(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'workflows.js');
  await writeFile(file, code);
  return file;
}
