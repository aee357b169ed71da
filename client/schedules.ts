import { Readable } from 'node:stream';
import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { type CredentialId, type Decision, KeyturnError, mainQueue, whoWords } from '../contract/index.ts';
import { declareSignal } from '../workflows/messages.ts';
import type { scheduledRotation } from '../workflows/scheduled-rotation.workflow.ts';
import { type DeclaredSchedule, isAsDeclared, isOurs, markOf, scheduleIdOf, scheduleOf } from './declared-schedule.ts';
import { differences } from './differences.ts';
import { listSchedules } from './lists.ts';
import type { Scheduled } from './timetable.ts';

export type { Scheduled };

/** What becomes of one credential's schedule. `paused` holds the note of who paused it. */
export type ScheduleChange =
  | { credential: CredentialId; action: 'create'; declared: DeclaredSchedule }
  | {
      credential: CredentialId;
      action: 'change';
      declared: DeclaredSchedule;
      /** What was there, to be told from what somebody else puts there meanwhile. */
      before: unknown;
      /** In words. */
      differences: readonly string[];
      paused?: string;
    }
  | { credential: CredentialId; action: 'unchanged'; paused?: string }
  | { credential: CredentialId; action: 'remove'; before: unknown };

/**
 * Compares what is declared with what the cluster has; only reads.
 * @throws KeyturnError `conflict` where a schedule of somebody else has the name of one of ours.
 */
export async function compareSchedules(
  client: Client,
  scheduled: readonly Scheduled[],
  taskQueue: string = mainQueue,
): Promise<ScheduleChange[]> {
  const known = new Set(scheduled.map(({ credential }) => credential.id));
  const declared = Readable.from(scheduled).map((each: Scheduled) => compare(client, each, taskQueue), looks);
  const changes: ScheduleChange[] = await declared.toArray();
  const others = (await listed(client)).filter((credential) => !known.has(credential));
  const left = Readable.from(others).flatMap((credential: CredentialId) => removal(client, credential), looks);
  return [...changes, ...(await left.toArray())];
}

/** At once: one that has just begun answers late. */
const looks = { concurrency: 100 };

/** @returns none for what is somebody else's, or gone. */
async function removal(client: Client, credential: CredentialId): Promise<ScheduleChange[]> {
  const found = await describe(client, credential);
  return found && isOurs(found) ? [{ credential, action: 'remove', before: markOf(found) }] : [];
}

async function compare(client: Client, scheduled: Scheduled, taskQueue: string): Promise<ScheduleChange> {
  const credential = scheduled.credential.id;
  const declared = scheduleOf(scheduled, taskQueue);
  const found = await describe(client, credential);
  if (!found) return { credential, action: 'create', declared };
  if (!isOurs(found)) throw foreign(found);
  const { action, state } = found;
  const paused = state.paused ? { paused: state.note ?? '' } : {};
  if (isAsDeclared(found, declared)) return { credential, action: 'unchanged', ...paused };
  const words = differences(action.args?.[0], declared.input);
  return { credential, action: 'change', declared, before: markOf(found), differences: words, ...paused };
}

/**
 * Makes it so. This rotates nothing: a run that waits to begin takes on what is declared now, and is let go of where nothing is.
 * @throws KeyturnError `conflict` where somebody else was faster.
 */
export async function applyChange(client: Client, change: ScheduleChange): Promise<void> {
  try {
    if (change.action === 'create') await create(client, change.declared);
    if (change.action === 'change') await update(client, change.declared, change.before);
    if (change.action === 'remove') await remove(client, change.credential, change.before);
  } catch (error) {
    const isTheirs = error instanceof ScheduleAlreadyRunning || error instanceof ScheduleNotFoundError;
    if (!isTheirs && !(error instanceof Overtaken)) throw error;
    throw changedByOthers([change.credential]);
  }
}

const writes = { concurrency: 20 };

/** Several at once. @returns in their order; `overtaken`: somebody else was faster, and it stands as they made it. */
export async function* applyChanges(
  client: Client,
  changes: readonly ScheduleChange[],
): AsyncGenerator<{ change: ScheduleChange; overtaken: boolean }> {
  const apply = async (change: ScheduleChange) => {
    try {
      await applyChange(client, change);
      return { change, overtaken: false };
    } catch (error) {
      if (error instanceof KeyturnError && error.kind === 'conflict') return { change, overtaken: true };
      throw error;
    }
  };
  yield* Readable.from(changes).map(apply, writes);
}

/** Somebody else was faster. */
class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

export function changedByOthers(what: readonly string[]): KeyturnError {
  const message = `somebody else has changed meanwhile: ${what.join(', ')}`;
  return new KeyturnError('conflict', message, { fix: 'see `keyturn plan`, then apply again' });
}

async function create(client: Client, { action, policies, scheduleId, spec }: DeclaredSchedule): Promise<void> {
  await client.schedule.create<typeof scheduledRotation>({ scheduleId, spec, policies, action });
}

async function update(client: Client, declared: DeclaredSchedule, before: unknown): Promise<void> {
  const { action, input, policies, scheduleId, spec } = declared;
  const handle = client.schedule.getHandle(scheduleId);
  await handle.update<typeof scheduledRotation>((now) => {
    if (markOf(now) !== before && !isAsDeclared(now, declared)) throw new Overtaken();
    return { spec, policies, action, state: now.state };
  });
  await eachRun(client, handle, (run) => run.signal(declareSignal, input));
}

async function remove(client: Client, credential: CredentialId, before: unknown): Promise<void> {
  const handle = client.schedule.getHandle(scheduleIdOf(credential));
  if (markOf(await handle.describe()) !== before) throw new Overtaken();
  await halt(client, handle, 'no longer declared');
  await handle.delete();
}

export interface Paused {
  paused: boolean;
  /** Who wanted it so, and why. */
  note: string;
  /** It was so already. */
  already: boolean;
}

/**
 * Until it is resumed the schedule begins nothing, and a run that waits to begin is let go of. An open rotation goes on.
 * @throws KeyturnError `not-found` where the cluster has no schedule of ours for it.
 */
export async function pause(client: Client, credential: CredentialId, decision: Decision): Promise<Paused> {
  const { handle, state } = await applied(client, credential);
  if (state.paused) return { paused: true, note: state.note ?? '', already: true };
  const note = noteOf('paused', decision);
  await halt(client, handle, note);
  return { paused: true, note, already: false };
}

/** @throws KeyturnError `not-found`, as `pause` does. */
export async function resume(client: Client, credential: CredentialId, decision: Decision): Promise<Paused> {
  const { handle, state } = await applied(client, credential);
  if (!state.paused) return { paused: false, note: state.note ?? '', already: true };
  const note = noteOf('resumed', decision);
  await handle.unpause(note);
  return { paused: false, note, already: false };
}

function noteOf(verb: string, { reason, ...who }: Decision): string {
  return `${verb} by ${whoWords(who)}${reason === undefined ? '' : `: ${reason}`}`;
}

async function applied(client: Client, credential: CredentialId) {
  const found = await describe(client, credential);
  if (found && isOurs(found)) return { handle: client.schedule.getHandle(found.scheduleId), state: found.state };
  throw new KeyturnError('not-found', `Temporal has no schedule of ${credential}`, {
    fix: 'put it there with `keyturn apply`; `keyturn plan` shows which there are',
  });
}

async function halt(client: Client, handle: ScheduleHandle, note: string): Promise<void> {
  await handle.pause(note);
  await eachRun(client, handle, (run) => run.cancel());
}

type Run = ReturnType<typeof runOf>;

function runOf(client: Client, workflowId: string) {
  return client.workflow.getHandle<typeof scheduledRotation>(workflowId);
}

/** The runs that the schedule has begun; one that ends meanwhile needs nothing any more. */
async function eachRun(client: Client, handle: ScheduleHandle, act: (run: Run) => Promise<unknown>): Promise<void> {
  const { info } = await handle.describe();
  for (const { workflow } of info.runningActions) {
    await act(runOf(client, workflow.workflowId)).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
  }
}

/** The list may lag behind: what is declared is looked at by name. */
async function listed(client: Client): Promise<CredentialId[]> {
  const credentials: CredentialId[] = [];
  for await (const { credential } of listSchedules(client)) credentials.push(credential);
  return credentials.sort();
}

function describe(client: Client, credential: CredentialId): Promise<ScheduleDescription | undefined> {
  return describeSchedule(client, scheduleIdOf(credential));
}

/** @returns undefined where there is none of this id. */
export async function describeSchedule(client: Client, scheduleId: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(scheduleId).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

export function foreign({ action, scheduleId }: ScheduleDescription): KeyturnError {
  return new KeyturnError(
    'conflict',
    `Temporal has a schedule ${scheduleId} that is not Keyturn's: it starts ${action.workflowType}`,
    { fix: 'give it another name, or delete it; then apply again' },
  );
}
