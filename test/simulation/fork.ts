import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Part, PartResult } from './part.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Runs a part in a process of its own, with Keyturn's code as it is or as a mutant has it. */
export function inProcess(
  part: Part,
  progress: (done: number) => void = () => {},
  mutant?: string,
): Promise<PartResult> {
  const child = fork(here('./part.ts'), [JSON.stringify(part)], {
    ...(mutant === undefined ? {} : { execArgv: ['--import', here('./mutate.ts')] }),
    env: { ...process.env, ...(mutant === undefined ? {} : { KEYTURN_MUTANT: mutant }) },
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message: { done?: number; result?: PartResult }) => {
      if (message.done !== undefined) progress(message.done);
      if (message.result) resolve(message.result);
    });
    child.on('exit', (code) => reject(new Error(`a process of the simulation ended with code ${code}`)));
  });
}
