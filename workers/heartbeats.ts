import type { Context } from '@temporalio/activity';

const everyMs = 2_000;

/** What each activity is at, in words for whoever looks at a pending one. */
const doing = new WeakMap<Context, string>();

export function note(activity: Context, what: string | undefined): void {
  if (what !== undefined) doing.set(activity, what);
}

/**
 * Says that this process lives as long as the activity lasts, so that a call into a slow system is not taken for a dead worker. What is done
 * before the first of it is due says nothing: a heartbeat is a call to the server, and an action that Temporal Cloud bills.
 */
export async function whileBeating<T>(activity: Context, work: () => Promise<T>): Promise<T> {
  const alive = setInterval(() => activity.heartbeat(doing.get(activity)), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(alive);
  }
}
