import { type FleetCounts, type FleetEnd, type FleetProgress, type Member, whoWords } from '../contract/index.ts';
import { type ExitCode, exitCodeOfMember, worstOf } from './exit-codes.ts';
import type { Output } from './output.ts';
import { table } from './table.ts';
import { between, count, duration, moment } from './words.ts';

/** `12 of 200 in use everywhere, 10 rotating, 0 failed, about 4m left`. */
export function fleetLine({ counts, leftMs, state }: FleetProgress): string {
  const left = leftMs === undefined ? '' : `, about ${duration(Math.max(1_000, leftMs))} left`;
  return `${countWords(counts)}${state === 'running' || state === 'ended' ? '' : `, ${state}`}${left}`;
}

function countWords({ failed, of, refreshed, rotated, rotating }: FleetCounts): string {
  return `${refreshed + rotated} of ${of} in use everywhere, ${rotating} rotating, ${failed} failed`;
}

export function failureLine({ credential, outcome, reason, state }: Member): string {
  return `${credential}: ${outcome ?? state}${reason ? `: ${reason.message}` : ''}`;
}

/** How it stands. */
export function progressWords(out: Output, now: FleetProgress): string {
  const { atOnce, cancelled, failures, fleet, mostFailures, paused, request, rotating, startedAt, state } = now;
  const why = request.reason === undefined ? '' : `: ${request.reason}`;
  return [
    `${out.paint('bold', fleet)}: ${state} since ${moment(startedAt)}, asked for by ${whoWords(request)}${why}`,
    `  ${fleetLine(now)}`,
    `  at most ${atOnce} at once; it stops when more than ${mostFailures} have failed`,
    ...(paused ? [`  paused by ${whoWords(paused)} at ${moment(paused.at)}${because(paused.reason)}`] : []),
    ...(cancelled
      ? [`  cancelled by ${whoWords(cancelled)} at ${moment(cancelled.at)}${because(cancelled.reason)}`]
      : []),
    ...(rotating.length > 0 ? [memberTable(out, rotating)] : []),
    ...(failures.length > 0 ? [memberTable(out, failures)] : []),
  ].join('\n');
}

/** What came of it: the failures one by one. */
export function endWords(
  out: Output,
  { cancelled, counts, endedAt, fleet, members, outcome, startedAt }: FleetEnd,
): string {
  const failures = members.filter(isFailure);
  const isGood = outcome === 'done' && failures.length === 0;
  const notBegun = counts.waiting === 0 ? '' : `; ${count(counts.waiting, 'credential')} not begun`;
  const by = cancelled ? ` by ${whoWords(cancelled)}${because(cancelled.reason)}` : '';
  return [
    `fleet ${fleet} ${out.paint(isGood ? 'green' : 'yellow', outcome)}${by} after ${between(startedAt, endedAt)}: ${countWords(counts)}${notBegun}`,
    ...(failures.length > 0 ? [memberTable(out, failures)] : []),
    ...(counts.refreshed > 0
      ? [`${count(counts.refreshed, 'old key')} still to go, when the evidence allows: keyturn list`]
      : []),
  ].join('\n');
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}

function memberTable(out: Output, members: readonly Member[]): string {
  const rows = members.map(({ credential, joined, outcome, reason, since, state }) => {
    const what = [...(joined ? ['had been open'] : []), ...(reason ? [reason.message] : [])].join('; ');
    return [credential, outcome ?? state, moment(since), what || '-'].map((text) => ({ text }));
  });
  return table(['ID', 'STATE', 'SINCE', 'WHAT'], rows, (style, cell) => out.paint(style, cell));
}

/** For programs. */
export function fleetData(fleet: string, now: FleetProgress | undefined, end = now?.end): object {
  return {
    fleet,
    state: end ? 'ended' : (now?.state ?? null),
    outcome: end?.outcome ?? null,
    counts: end?.counts ?? now?.counts ?? null,
    startedAt: end?.startedAt ?? now?.startedAt ?? null,
    endedAt: end?.endedAt ?? null,
    leftMs: (end ? 0 : now?.leftMs) ?? null,
    paused: now?.paused ?? null,
    cancelled: end?.cancelled ?? now?.cancelled ?? null,
    rotating: end ? [] : (now?.rotating ?? []).map(memberData),
    failures: (end?.members.filter(isFailure) ?? now?.failures ?? []).map(memberData),
    credentials: end ? end.members.map(memberData) : null,
  };
}

function isFailure(member: Member): boolean {
  return member.state !== 'waiting' && exitCodeOfMember(member) !== 0;
}

function memberData({ credential, joined, outcome, reason, rotation, since, state }: Member): object {
  return {
    ...{ credential, state, since, outcome: outcome ?? null, rotation: rotation ?? null },
    ...{ joined: joined ?? false, reason: reason ?? null },
  };
}

export function exitCodeOfFleet({ members }: FleetEnd): ExitCode {
  return worstOf(members.map(exitCodeOfMember));
}
