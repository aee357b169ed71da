import type { WorkflowHandle } from '@temporalio/client';

/** An activity that has failed at least once and is tried again. */
export interface Retrying {
  activity: string;
  attempt: number;
  /** Why the last attempt failed, as the activity said it: safe to print. */
  message: string;
}

/** What the engine tries again at this moment: the rotation itself does not see it. */
export async function retrying(handle: WorkflowHandle): Promise<Retrying[]> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).flatMap(({ activityType, attempt, lastFailure }) => {
    if ((attempt ?? 1) <= 1 || !lastFailure?.message) return [];
    return [{ activity: activityType?.name ?? 'activity', attempt: attempt ?? 1, message: lastFailure.message }];
  });
}
