import { defineSearchAttributeKey } from '@temporalio/common';
import {
  CancellationScope,
  defineSignal,
  executeChild,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Command, Outline } from '../../history/outline.ts';
import { padded, padding } from '../../history/padding.ts';

interface Activities {
  nothing(input: { give: number }): Promise<string>;
}

interface Begun {
  ended: Promise<unknown>;
  cancel(): void;
}

/** As a rotation calls its activities. */
const times = { startToCloseTimeout: '30s', heartbeatTimeout: '10s', scheduleToCloseTimeout: '10m' } as const;

/** Goes through the tasks of another workflow, and does nothing. */
export async function floor({ result, tasks }: Outline): Promise<string> {
  setHandler(defineSignal<[unknown]>('request'), () => {});
  const begun: Begun[] = [];
  for (const [does, awaits] of tasks) {
    for (const command of does) await act(command, begun);
    await Promise.all(awaits.map((number) => begun[number]?.ended));
  }
  return padding(result);
}

async function act(command: Command, begun: Begun[]): Promise<void> {
  const [kind] = command;
  if (kind === 'c') begun[command[1]]?.cancel();
  else if (kind === 'p') patched('nothing');
  else if (kind === 'u') upsertSearchAttributes(command.slice(1).map((name) => pair(String(name))));
  else {
    const one = begin(command);
    begun.push(one);
    // A local activity ends within the task.
    if (kind === 'l') await one.ended;
  }
}

type Begins = Exclude<Command, ['c', number] | ['p'] | ['u', ...string[]]>;

function begin(command: Begins): Begun {
  const scope = new CancellationScope();
  const ended = scope.run(() => begunIn(command));
  ended.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return { ended, cancel: () => scope.cancel() };
}

function begunIn(command: Begins): Promise<unknown> {
  if (command[0] === 't') return sleep(command[1]);
  if (command[0] === 'k') return executeChild('nothing', { args: [] });
  const [kind, input, give, summary] = command;
  const options = { ...times, ...(summary > 0 && { summary: padding(summary) }) };
  const proxied = kind === 'l' ? proxyLocalActivities<Activities>(options) : proxyActivities<Activities>(options);
  return proxied.nothing(padded({ give }, input));
}

function pair(name: string) {
  return { key: defineSearchAttributeKey(name, 'KEYWORD'), value: 'nothing' };
}

export async function nothing(): Promise<void> {}
