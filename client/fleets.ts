import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import type { Decision, FleetEnd, FleetInput, FleetProgress, Instant } from '../contract/index.ts';
import { fleetOfWorkflow, fleetWorkflowId, KeyturnError, mainQueue } from '../contract/index.ts';
import type { rotateFleet } from '../workflows/fleet.workflow.ts';
import * as messages from '../workflows/messages.ts';
import { delivered, inWords } from './answers.ts';

export type FleetHandle = WorkflowHandle<typeof rotateFleet>;

/** Temporal takes 2 MB of input; what the fleet remembers when it continues as new has to fit beside it. */
const bytesMost = 1_000_000;

/**
 * Starts a fleet, or finds the one that has this id, also when it has ended: a request is asked only once.
 * @throws KeyturnError `limit` where the declarations are more than one workflow can carry; nothing has begun then.
 */
export async function startFleet(
  client: Client,
  input: FleetInput,
  taskQueue: string = mainQueue,
): Promise<{ handle: FleetHandle; joined: boolean }> {
  const { members, request } = input;
  checkSize(input);
  const workflowId = fleetWorkflowId(request.id);
  const why = request.reason === undefined ? '' : `: ${request.reason}`;
  try {
    const handle = await client.workflow.start<typeof rotateFleet>('rotateFleet', {
      ...{ workflowId, taskQueue, args: [input] },
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      staticSummary: `rotate ${members.length} credentials`,
      staticDetails: `asked for by ${request.by}${why}`,
    });
    return { handle, joined: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { handle: fleetOf(client, request.id), joined: true };
  }
}

function checkSize(input: FleetInput): void {
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes <= bytesMost) return;
  const { length } = input.members;
  const fitting = Math.floor((length * bytesMost) / bytes);
  const many = `${length} declarations are ${Math.ceil(bytes / 1_000)} kB, and a fleet carries ${bytesMost / 1_000} kB`;
  throw new KeyturnError('limit', `the selection is too large for one fleet: ${many}`, {
    fix: `divide it, by --owner, --tag or a glob: about ${fitting} of these fit; nothing was begun`,
  });
}

export function fleetOf(client: Client, fleet: string): FleetHandle {
  return client.workflow.getHandle<typeof rotateFleet>(fleetWorkflowId(fleet));
}

export async function fleetProgress(handle: FleetHandle): Promise<FleetProgress> {
  return inWords(() => handle.query(messages.fleetProgressQuery), unknown(handle));
}

/** Waits for it. @throws KeyturnError `conflict` where it was ended by force. */
export async function fleetEnd(handle: FleetHandle): Promise<FleetEnd> {
  try {
    return await inWords(() => handle.result(), unknown(handle));
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const why = error.cause?.message ?? error.message;
    throw new KeyturnError('conflict', `the fleet was ended by force: ${why}`, {
      fix: 'its rotations go on: `keyturn watch` shows those that are open',
    });
  }
}

const verbs = { pause: messages.pauseUpdate, resume: messages.resumeUpdate, cancel: messages.cancelUpdate };
export type FleetVerb = keyof typeof verbs;

/** @throws KeyturnError `conflict` with the reason where it cannot be now; `not-found` where none is open. */
export async function tellFleet(handle: FleetHandle, verb: FleetVerb, decision: Decision): Promise<void> {
  await inWords(
    () => delivered(() => handle.executeUpdate(verbs[verb], { args: [decision] })),
    () => {
      return new KeyturnError('not-found', `no open fleet ${fleetOfWorkflow(handle.workflowId)}`, {
        fix: '`keyturn fleet list` shows those that there are',
      });
    },
  );
}

function unknown({ workflowId }: FleetHandle): () => KeyturnError {
  return () => {
    return new KeyturnError('not-found', `Temporal knows no fleet ${fleetOfWorkflow(workflowId)}`, {
      fix: '`keyturn fleet list` shows those that it knows',
    });
  };
}

export interface ListedFleet {
  fleet: string;
  /** `forced`: ended by force. */
  state: 'open' | 'ended' | 'forced';
  startedAt: Instant;
  endedAt?: Instant;
}

/** The newest first. The list may lag behind a little. */
export async function listFleets(client: Client): Promise<ListedFleet[]> {
  const found = new Map<string, ListedFleet>();
  for await (const run of client.workflow.list({ query: "WorkflowType = 'rotateFleet'" })) {
    const fleet = fleetOfWorkflow(run.workflowId);
    const { closeTime, startTime, status } = run;
    // Of one that has continued as new the first run says when it began, the last how it stands.
    const other = found.get(fleet);
    const startedAt = [startTime.toISOString(), other?.startedAt ?? startTime.toISOString()].sort()[0] ?? '';
    const isLast = status.name !== 'CONTINUED_AS_NEW';
    const state = status.name === 'RUNNING' ? 'open' : status.name === 'COMPLETED' ? 'ended' : 'forced';
    const ended = isLast && closeTime ? { endedAt: closeTime.toISOString() } : {};
    found.set(fleet, {
      ...(isLast ? { fleet, state, ...ended } : { fleet, state: 'open' as const, ...other }),
      startedAt,
    });
  }
  return [...found.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}
