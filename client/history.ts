import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import {
  type CredentialId,
  type RotationEnd,
  type RotationId,
  requestSchema,
  searchAttributes,
  workflowIdOf,
} from '../contract/index.ts';
import { atOf, decoded, decodedAll, type Event } from './event.ts';
import { type Call, callsOf, type Waited, waitsOf } from './history-calls.ts';
import { type Said, saidIn } from './history-messages.ts';

/** What the server's history of one run holds of a rotation. Inputs and results of its calls are left out. */
export interface History {
  runId: string;
  /** Absent where nothing was called yet. */
  rotation?: RotationId;
  startedAt: string;
  calls: Call[];
  waits: Waited[];
  said: Said[];
  phases: { at: string; phase: string }[];
  /** Absent while it is open. */
  over?: Over;
}

/** `forced`: without a result, and why. `carried`: it goes on as the next rotation. */
export interface Over {
  at: string;
  end?: RotationEnd;
  forced?: string;
  carried?: true;
}

/**
 * The history of one rotation.
 * @param rotation absent: the last one.
 * @returns undefined where the server knows none such, or no longer.
 */
export async function historyOf(
  client: Client,
  credential: CredentialId,
  rotation?: RotationId,
): Promise<History | undefined> {
  const workflowId = workflowIdOf(credential);
  const latest = await runOf(client, workflowId);
  if (latest === undefined || rotation === undefined || latest.rotation === rotation) return latest;
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const found = runId === latest.runId ? undefined : await runOf(client, workflowId, runId);
    if (found?.rotation === rotation) return found;
  }
  return undefined;
}

async function runOf(client: Client, workflowId: string, given?: string): Promise<History | undefined> {
  try {
    const handle = client.workflow.getHandle(workflowId, given);
    const runId = given ?? (await handle.describe()).runId;
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    return read(runId, events ?? []);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function read(runId: string, events: readonly Event[]): History {
  const rotation = rotationIn(events);
  const over = overIn(events);
  return {
    runId,
    ...(rotation !== undefined && { rotation }),
    startedAt: atOf(events[0] ?? {}),
    calls: callsOf(events),
    waits: waitsOf(events),
    said: [...handedOn(events), ...saidIn(events)],
    phases: events.flatMap(phaseIn),
    ...(over && { over }),
  };
}

/** Every call is told for which rotation it is. */
function rotationIn(events: readonly Event[]): RotationId | undefined {
  for (const { activityTaskScheduledEventAttributes: scheduled } of events) {
    const [input] = decodedAll(scheduled?.input) as [{ job?: { rotation?: string } }?];
    if (input?.job?.rotation !== undefined) return input.job.rotation;
  }
  return undefined;
}

/** The requests that the rotation before this one could not satisfy. */
function handedOn([first]: readonly Event[]): Said[] {
  const [input] = decodedAll(first?.workflowExecutionStartedEventAttributes?.input) as [{ requests?: unknown[] }?];
  return (input?.requests ?? []).flatMap((request) => {
    const { data } = requestSchema.safeParse(request);
    return data ? [{ ...data, verb: 'request' }] : [];
  });
}

function phaseIn(event: Event): History['phases'] {
  const { indexedFields } = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes ?? {};
  const phase = decoded(indexedFields?.[searchAttributes.phase]);
  return typeof phase === 'string' ? [{ at: atOf(event), phase }] : [];
}

function overIn(events: readonly Event[]): Over | undefined {
  const last = events.at(-1);
  if (!last) return undefined;
  const at = atOf(last);
  const completed = last.workflowExecutionCompletedEventAttributes;
  if (completed) return { at, end: decodedAll(completed.result)[0] as RotationEnd };
  if (last.workflowExecutionContinuedAsNewEventAttributes) return { at, carried: true };
  const forced = forcedIn(last);
  return forced === undefined ? undefined : { at, forced };
}

function forcedIn(last: Event): string | undefined {
  const terminated = last.workflowExecutionTerminatedEventAttributes;
  if (terminated) {
    const { identity, reason } = terminated;
    return `terminated by ${identity || 'somebody'}${reason ? `: ${reason}` : ''}`;
  }
  const failed = last.workflowExecutionFailedEventAttributes;
  if (failed) return failed.failure?.message || 'it failed';
  return last.workflowExecutionTimedOutEventAttributes ? 'its time was over' : undefined;
}
