import type { ErrorKind } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';

export type Operations = Record<string, () => Promise<unknown> | undefined>;

/** Runs them one after the other, each whatever became of those before it. @returns those that failed, with the error's kind. */
export async function failuresOf(
  operations: Operations,
  classify: (error: unknown) => ErrorKind | undefined,
): Promise<Record<string, ErrorKind | undefined>> {
  const failed: Record<string, ErrorKind | undefined> = {};
  for (const [name, run] of Object.entries(operations)) {
    try {
      await run();
    } catch (error) {
      failed[name] = error instanceof KeyturnError ? error.kind : classify(error);
    }
  }
  return failed;
}

/** All of them `unauthorized`. */
export function refused(...names: string[]): Record<string, ErrorKind> {
  return Object.fromEntries(names.map((name) => [name, 'unauthorized']));
}
