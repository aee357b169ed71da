import { log, setHandler, workflowInfo } from '@temporalio/workflow';
import {
  type Credential,
  KeyturnError,
  type Outcome,
  type Request,
  type RotationId,
  workflowIdOf,
} from '../contract/index.ts';
import { asFailure, type Engine, temporalEngine } from './engine.ts';
import type { Group } from './group.workflow.ts';
import { startWith, wellFormed } from './input.ts';
import { declareSignal, turnSignal } from './messages.ts';
import { begin, openFromMs } from './scheduled-begin.ts';
import { awaitTurn, type Told } from './turn.ts';

/** What a schedule starts its runs with. */
export interface ScheduledInput {
  credential: Credential;
  /** As the catalog writes it: `when` is `every 30d`, or `cron 0 3 * * mon (Europe/Berlin)`. */
  schedule: { when: string; jitter: string; catchUp: 'once' | 'skip' };
  group?: Group;
}

export type ScheduledEnd =
  | { outcome: Outcome; rotation: RotationId }
  /** A rotation was open already, and goes on without this request. */
  | { joined: false; open: string }
  /** The keeper of its group has taken it on: it is the one to begin it. */
  | { taken: true };

/**
 * One run of a schedule: waits until the calendar is open, then starts the rotation under the rotation's own id, which stays free for
 * people until then. The rotation outlives this run, however it ends.
 */
export async function scheduledRotation(input: ScheduledInput): Promise<ScheduledEnd> {
  try {
    return await scheduled(checked(input));
  } catch (error) {
    throw error instanceof KeyturnError ? asFailure(error) : error;
  }
}

/** Whenever another declaration comes it begins anew: what is begun is what is declared then. */
async function scheduled(input: ScheduledInput): Promise<ScheduledEnd> {
  let declared = input;
  const told: Told = {};
  setHandler(turnSignal, (turn) => {
    told.turn = turn;
  });
  setHandler(declareSignal, (newer) => {
    if (isFor(declared.credential, newer)) declared = newer;
    else log.warn('a declaration was left aside: it is not well formed, or of another credential');
  });
  const engine = temporalEngine();
  while (told.turn !== 'taken') {
    const looked = declared;
    const isOutdated = () => declared !== looked || told.turn === 'taken';
    if (!(await whenOpen(engine, looked.credential, isOutdated))) continue;
    const { credential, group } = looked;
    const request = requestOf(engine, looked);
    if (!group) return beginAndWait(engine, credential, request);
    engine.describe(`**waits** for its turn in the group ${group.name}`);
    await awaitTurn(engine, { run: workflowInfo().workflowId, credential, group, request }, told, isOutdated);
  }
  return { taken: true };
}

async function beginAndWait(engine: Engine, credential: Credential, request: Request): Promise<ScheduledEnd> {
  const child = await begin(credential, request);
  if (!child) return { joined: false, open: workflowIdOf(credential.id) };
  engine.describe(`**began** ${child.workflowId}, and waits for its end`);
  const { outcome, rotation } = await child.result();
  return { outcome, rotation };
}

/** @throws KeyturnError `invalid`: whoever starts it by hand may get it wrong. */
function checked(input: ScheduledInput): ScheduledInput {
  wellFormed({ credential: input?.credential, requests: [] });
  if (typeof input.schedule?.when === 'string') return input;
  throw new KeyturnError('invalid', `not a schedule's input: schedule.when is missing; ${startWith}`);
}

function isFor({ id }: Credential, newer: ScheduledInput): boolean {
  try {
    return checked(newer).credential.id === id;
  } catch {
    return false;
  }
}

/** @returns false where it is outdated first. */
async function whenOpen(engine: Engine, credential: Credential, isOutdated: () => boolean): Promise<boolean> {
  for (;;) {
    const fromMs = await openFromMs(engine, credential);
    if (isOutdated()) return false;
    if (fromMs <= engine.now()) return true;
    const { id } = credential;
    engine.describe(`**waits** until ${new Date(fromMs).toISOString()}: then the calendar of ${id} is open`);
    await engine.condition(isOutdated, fromMs - engine.now());
    if (isOutdated()) return false;
  }
}

function requestOf(engine: Engine, { schedule: { when } }: ScheduledInput): Request {
  return {
    id: workflowInfo().firstExecutionRunId,
    at: new Date(engine.now()).toISOString(),
    by: 'schedule',
    from: workflowInfo().workflowId,
    urgency: 'routine',
    reason: `it is due: ${when}`,
  };
}
