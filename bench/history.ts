import type { WorkflowHandle } from '@temporalio/client';
import type proto from '@temporalio/proto';

export type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

export async function eventsOf(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<HistoryEvent[]> {
  return (await handle.fetchHistory()).events ?? [];
}

/** To the millisecond and below. */
export function epochMs(time: HistoryEvent['eventTime']): number {
  return Number(time?.seconds ?? Number.NaN) * 1_000 + (time?.nanos ?? 0) / 1_000_000;
}
