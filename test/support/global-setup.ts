import { readdirSync } from 'node:fs';
import type { TestProject } from 'vitest/node';

/** What a file of `services/` exports: it starts one real server (or double) for the whole test run. */
export interface Service {
  /** Says what it is doing when that takes longer than two seconds, an installation for example. */
  start(): Promise<{ provide: unknown; stop(): Promise<void> }>;
}

const folder = new URL('./services/', import.meta.url);

/**
 * Starts every service of the folder at once; each is provided to the tests under its file's name.
 * `KEYTURN_TEST_SERVICES=postgres,temporal` starts only these, for a quick run of few tests.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const wanted = process.env.KEYTURN_TEST_SERVICES?.split(',');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) => wanted === undefined || wanted.includes(name));
  const started = await Promise.allSettled(names.map((name) => startOne(project, name)));
  const stopAll = async () => {
    await Promise.allSettled(started.map((result) => (result.status === 'fulfilled' ? result.value() : undefined)));
  };
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await stopAll();
    throw failed.reason;
  }
  return stopAll;
}

async function startOne(project: TestProject, name: string): Promise<() => Promise<void>> {
  const service: Service = await import(new URL(`${name}.ts`, folder).href);
  const { provide, stop } = await service.start();
  // The key is the file's name: each service declares its own in vitest's ProvidedContext.
  (project.provide as (key: string, value: unknown) => void)(name, provide);
  return stop;
}
