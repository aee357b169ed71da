import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { KeyturnError, searchAttributes } from '../contract/index.ts';

const { IndexedValueType, TaskQueueType } = proto.temporal.api.enums.v1;

/** Registers the search attributes that the namespace lacks. @returns their names. */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return [];
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD])),
  });
  return missing;
}

export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.values(searchAttributes).filter((name) => !(name in customAttributes));
}

/** How somebody with the right to do so registers them. */
export function registerCommand(namespace: string, names: readonly string[] = Object.values(searchAttributes)): string {
  const named = names.map((name) => `--name ${name} --type Keyword`).join(' ');
  return `temporal operator search-attribute create --namespace ${namespace} ${named}`;
}

export function lacksSearchAttributes(namespace: string, names: readonly string[], cause: unknown): KeyturnError {
  const message = `the namespace ${namespace} lacks search attributes: ${names.join(', ')}`;
  return new KeyturnError('unauthorized', message, {
    fix: `have them registered: ${registerCommand(namespace, names)}`,
    cause,
  });
}

const unmapped = /namespace (\S+) has no mapping defined for search attribute/i;

/** Who may start a rotation may not always see whether they are there: then the start says so. */
export async function sayingWhatItLacks<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const [, namespace] = unmapped.exec(textOf(error)) ?? [];
    if (namespace === undefined) throw error;
    // It names the first that it has not: as a rule it has none.
    throw lacksSearchAttributes(namespace, Object.values(searchAttributes), error);
  }
}

/** With its causes: the client's own message says only which call it was. */
function textOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${textOf(error.cause)}` : '';
}

/** Does any worker ask this queue for work? */
export async function hasWorkers(connection: Connection, namespace: string, taskQueue: string): Promise<boolean> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
  });
  const recentMs = 60_000;
  return (pollers ?? []).some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < recentMs,
  );
}
