import type { FleetCounts, FleetEnd, FleetProgress, Member } from '../contract/index.ts';
import { type Fleet, type FleetMember, hasFailed, inState, instant, outcomeOf } from './fleet.ts';

/** What a fleet tells of itself. */

export function progressOf(fleet: Fleet, end?: FleetEnd): FleetProgress {
  const { cancelled, id, input, paused, request, startedAt } = fleet;
  const { by, reason, urgency } = request;
  const leftMs = leftMsOf(fleet);
  return {
    fleet: id,
    state: stateOf(fleet, end),
    request: { by, urgency, ...(reason === undefined ? {} : { reason }) },
    startedAt,
    atOnce: input.atOnce,
    mostFailures: input.mostFailures,
    until: input.until,
    counts: countsOf(fleet),
    rotating: inState(fleet, 'rotating').map(shown),
    failures: [...fleet.members.values()].filter(hasFailed).map(shown),
    ...(leftMs === undefined || end ? {} : { leftMs }),
    ...(paused && { paused }),
    ...(cancelled && { cancelled }),
    ...(end && { end }),
  };
}

function stateOf(fleet: Fleet, end: FleetEnd | undefined): FleetProgress['state'] {
  if (end) return 'ended';
  const outcome = outcomeOf(fleet);
  if (outcome === 'stopped') return 'stopping';
  if (outcome === 'cancelled') return 'cancelling';
  return outcome === undefined && fleet.paused ? 'paused' : 'running';
}

export function endOf(fleet: Fleet): FleetEnd {
  const { cancelled, engine, id, members, startedAt } = fleet;
  return {
    fleet: id,
    outcome: outcomeOf(fleet) ?? 'done',
    startedAt,
    endedAt: instant(engine),
    counts: countsOf(fleet),
    members: [...members.values()].map(shown),
    ...(cancelled && { cancelled }),
  };
}

export function countsOf(fleet: Fleet): FleetCounts {
  const all = [...fleet.members.values()];
  const counted = (test: (member: Member) => boolean) => all.filter(test).length;
  const ended = (outcome: Member['outcome']) => counted((each) => each.state === 'ended' && each.outcome === outcome);
  const inThe = (state: Member['state']) => counted((each) => each.state === state);
  return {
    of: all.length,
    waiting: inThe('waiting'),
    rotating: inThe('rotating'),
    refreshed: inThe('refreshed'),
    quarantined: inThe('quarantined'),
    rotated: ended('rotated'),
    restored: ended('restored'),
    unchanged: ended('unchanged'),
    lost: inThe('lost'),
    failed: counted(hasFailed),
  };
}

function shown({ declared: _declared, paces: _paces, ...member }: FleetMember): Member {
  const { begunMs: _begun, heardMs: _heard, looks: _looks, closedUntil, ...rest } = member;
  return { ...rest, ...(member.state === 'waiting' && closedUntil !== undefined && { closedUntil }) };
}

/** What waits begins as far apart as the others have, or as places and paces allow; then the last one takes as long as each has. */
function leftMsOf(fleet: Fleet): number | undefined {
  const { engine, took } = fleet;
  const isBeginning = outcomeOf(fleet) === undefined;
  if (took.count === 0 || (isBeginning && fleet.paused)) return undefined;
  const eachMs = took.sumMs / took.count;
  const now = engine.now();
  const running = inState(fleet, 'rotating').map(({ begunMs = now }) => Math.max(0, eachMs - (now - begunMs)));
  return Math.round((isBeginning ? beginningMs(fleet, eachMs) : 0) + Math.max(0, ...running));
}

/** Until the last one that waits has begun. */
function beginningMs(fleet: Fleet, eachMs: number): number {
  const { apart, engine, input, paces } = fleet;
  const waiting = inState(fleet, 'waiting');
  const soFarMs = apart.count === 0 ? 0 : (apart.sumMs / apart.count) * waiting.length;
  const roundsMs = (eachMs * waiting.length) / input.atOnce;
  const spacedMs = [...paces.values()].map(
    ({ apartMs, name }) => apartMs * waiting.filter((each) => each.paces.includes(name)).length,
  );
  const closed = waiting.flatMap(({ closedUntil }) => (closedUntil === undefined ? [] : [Date.parse(closedUntil)]));
  return Math.max(soFarMs, roundsMs, ...spacedMs, ...closed.map((untilMs) => untilMs - engine.now()));
}

/** For the reader of the history, in Markdown. */
export function describe(fleet: Fleet): string {
  const { counts, failures, rotating, state } = progressOf(fleet);
  const { failed, of, refreshed, rotated, waiting } = counts;
  return [
    `**${state}**: ${refreshed + rotated} of ${of} in use everywhere, ${rotating.length} rotating, ${waiting} waiting, ${failed} failed`,
    ...rotating.map(({ credential, since }) => `- rotating: ${credential}, since ${since}`),
    ...failures.slice(0, 50).map(({ credential, outcome, reason, state }) => {
      return `- ${outcome ?? state}: ${credential}${reason ? `: ${reason.message}` : ''}`;
    }),
  ].join('\n');
}
