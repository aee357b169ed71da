import type { UpdateDefinition } from '@temporalio/common';
import {
  CancellationScope,
  type ChildWorkflowHandle,
  continueAsNew,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Decision,
  decisionSchema,
  type FleetEnd,
  type FleetInput,
  fleetInputSchema,
  fleetWorkflowId,
  KeyturnError,
  workflowIdOf,
} from '../contract/index.ts';
import { asFailure, tell, temporalEngine } from './engine.ts';
import type { Fleet, FleetMember } from './fleet.ts';
import * as fleets from './fleet.ts';
import { describe, endOf, progressOf } from './fleet-progress.ts';
import { idleMs, nextLook, nextTurn } from './fleet-turns.ts';
import { wellFormed } from './input.ts';
import * as messages from './messages.ts';
import { valid } from './refusals.ts';
import type { rotation } from './rotation.workflow.ts';
import { begin, openFromMs } from './scheduled-begin.ts';

/**
 * The workflow `fleet/<fleet id>`: begins the rotations of many credentials, so many at once, and hears from each what becomes of it. The
 * rotations are their own: nothing that happens to the fleet stops one.
 */
export async function rotateFleet(input: FleetInput): Promise<FleetEnd> {
  const fleet = begun(input);
  let end: FleetEnd | undefined;
  setHandler(messages.fleetProgressQuery, () => progressOf(fleet, end));
  listen(fleet);
  CancellationScope.current().cancelRequested.catch(() => {
    fleets.cancel(fleet, { by: 'cancellation of the workflow' });
  });
  return CancellationScope.nonCancellable(async () => {
    while (!isOver(fleet)) {
      if (isFull(fleet)) return continueAsNew<typeof rotateFleet>({ ...input, memory: fleets.memoryOf(fleet) });
      fleet.engine.describe(describe(fleet));
      await step(fleet);
    }
    end = endOf(fleet);
    fleet.engine.describe(describe(fleet));
    return end;
  });
}

/** Whoever starts it by hand may get it wrong; an error of another kind would be tried for ever. */
function begun(input: FleetInput): Fleet {
  try {
    const { workflowId } = workflowInfo();
    valid(fleetInputSchema, input, "not a fleet's input: ");
    const { members, request } = input;
    if (workflowId !== fleetWorkflowId(request.id)) {
      const why = `a fleet of the request ${request.id} has the workflow id ${fleetWorkflowId(request.id)}`;
      throw new KeyturnError('invalid', why, { fix: 'start it with keyturn rotate' });
    }
    for (const { credential } of members) wellFormed({ credential, requests: [request] });
    return fleets.newFleet(temporalEngine(), workflowId, input);
  } catch (error) {
    throw error instanceof KeyturnError ? asFailure(error) : error;
  }
}

function isOver(fleet: Fleet): boolean {
  return fleets.outcomeOf(fleet) !== undefined && fleets.awaited(fleet).length === 0;
}

function isFull({ input }: Fleet): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > (input.eventsMost ?? Number.POSITIVE_INFINITY);
}

/** One thing at a time, so that it can be left in between. */
async function step(fleet: Fleet): Promise<void> {
  const { changes, engine } = fleet;
  const next = nextTurn(fleet);
  if (next) return give(fleet, next);
  const silent = nextLook(fleet);
  if (silent) return lookAfter(fleet, silent);
  await engine.condition(() => fleet.changes !== changes, idleMs(fleet));
}

/** Its rotation is begun, or the one that is open takes the request on. */
async function give(fleet: Fleet, member: FleetMember): Promise<void> {
  if (!(await isOpenNow(fleet, member))) return;
  // Somebody may have paused it meanwhile.
  if (nextTurn(fleet) !== member) return;
  member.heardMs = fleet.engine.now();
  fleets.become(fleet, member, 'rotating');
  await beginOrJoin(fleet, member);
  fleets.hasBegun(fleet, member);
}

/** Outside a rotation, which would keep its place for days; whoever is in a hurry does not wait. */
async function isOpenNow(fleet: Fleet, member: FleetMember): Promise<boolean> {
  const { engine, request } = fleet;
  if (!member.declared.calendar || request.urgency !== 'routine') return true;
  try {
    const fromMs = await openFromMs(engine, member.declared);
    if (fromMs <= engine.now()) return true;
    member.closedUntil = new Date(fromMs).toISOString();
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    lost(fleet, member, error);
  }
  return false;
}

async function beginOrJoin(fleet: Fleet, member: FleetMember): Promise<void> {
  const { engine, request } = fleet;
  for (;;) {
    const child = await begin(member.declared, request);
    if (child) {
      member.begunMs = engine.now();
      return follow(fleet, member, child);
    }
    if (await tell(workflowIdOf(member.credential), messages.requestSignal, request)) {
      member.joined = true;
      return;
    }
    // The one that was open has ended at this moment.
  }
}

/** One that was ended by force tells nothing: it is looked after at once. */
function follow(fleet: Fleet, member: FleetMember, child: ChildWorkflowHandle<typeof rotation>): void {
  child.result().catch(() => {
    member.heardMs = 0;
    fleet.changes += 1;
  });
}

/** Asked again, it answers how it stands; its request is known to it. */
async function lookAfter(fleet: Fleet, member: FleetMember): Promise<void> {
  member.looks = (member.looks ?? 0) + 1;
  member.heardMs = fleet.engine.now();
  const isThere = await tell(workflowIdOf(member.credential), messages.requestSignal, fleet.request);
  if (isThere || !fleets.isOpen(member)) return;
  const fix = `see keyturn history ${member.credential}; the next rotation looks at what this one left`;
  lost(
    fleet,
    member,
    new KeyturnError('conflict', 'its rotation ended without a word, as after an end by force', { fix }),
  );
}

function lost(fleet: Fleet, member: FleetMember, { fix, kind, message }: KeyturnError): void {
  member.reason = { kind, message, ...(fix === undefined ? {} : { fix }) };
  fleets.become(fleet, member, 'lost');
}

function listen(fleet: Fleet): void {
  setHandler(messages.newsSignal, (news) => {
    const leftAside = fleets.hear(fleet, news);
    if (leftAside !== undefined) log.warn(leftAside);
  });
  answer(
    messages.pauseUpdate,
    () => fleets.mayPause(fleet),
    (decision) => fleets.pause(fleet, decision),
  );
  answer(
    messages.resumeUpdate,
    () => fleets.mayResume(fleet),
    () => fleets.resume(fleet),
  );
  answer(
    messages.cancelUpdate,
    () => fleets.mayBegin(fleet),
    (decision) => fleets.cancel(fleet, decision),
  );
}

function answer(update: UpdateDefinition<void, [Decision]>, may: () => void, act: (decision: Decision) => void): void {
  const validator = (decision: Decision): void => {
    try {
      valid(decisionSchema, decision, "the decision's ");
      may();
    } catch (error) {
      throw error instanceof KeyturnError ? asFailure(error) : error;
    }
  };
  setHandler(update, act, { validator });
}
