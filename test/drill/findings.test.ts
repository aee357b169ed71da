import { expect, test } from 'vitest';
import type { Dealt } from '../../cli/compromise-report.ts';
import { type Finding, problemsOf } from './findings.ts';

/** The drill has to be able to fail: each thing that it looks for, missing once. */

const deadlineMs = Date.parse('2026-01-01T00:05:00Z');
const seenMs = Date.parse('2026-01-01T00:01:00Z');

const dealt: Dealt = {
  credential: 'drill/one',
  exitCode: 0,
  outcome: 'rotated',
  state: 'ended',
  oldKey: 'login_a/old',
  newKey: 'login_b/new',
  refusedAt: new Date(seenMs).toISOString(),
  refusedAfterMs: 60_000,
  reason: null,
};

const traffic = { queries: 1_200, perSecond: 12, pauseMs: 100, failures: [] };

const good: Finding = {
  id: 'drill/one',
  oldName: 'login_a',
  oldRefused: true,
  currentName: 'login_b',
  currentWorks: true,
  keys: ['login_b'],
  sighting: { usableMs: seenMs - 100, refusedMs: seenMs },
  traffic,
  dealt,
};

const failure = (atMs: number) => ({ ...traffic, failures: [{ atMs, text: 'no pg_hba.conf entry' }] });

test('all as it has to be', () => {
  expect(problemsOf(good, deadlineMs)).toEqual([]);
});

test('a query that fails after the deadline is counted, and no problem', () => {
  expect(problemsOf({ ...good, traffic: failure(deadlineMs) }, deadlineMs)).toEqual([]);
});

const wrong: [name: string, given: Partial<Finding>, said: RegExp][] = [
  ['an old key that works', { oldRefused: false, dealt: { ...dealt, refusedAt: null } }, /login_a is still accepted/],
  ['nobody saw it refused', { sighting: { usableMs: seenMs - 100 } }, /nobody saw login_a refused/],
  ['what is served is refused', { currentWorks: false }, /login_b, is refused/],
  ['a key too many', { keys: ['login_a', 'login_b'] }, /holds login_a, login_b/],
  ['a query that failed in time', { traffic: failure(deadlineMs - 1) }, /1 queries failed before .* no pg_hba/],
  ['too few queries', { traffic: { ...traffic, perSecond: 9.9 } }, /only 9.9 queries/],
  ['not in the report', { dealt: undefined }, /does not have it/],
  ['not done by the report', { dealt: { ...dealt, outcome: null, state: 'quarantined' } }, /says quarantined/],
  ['another old key in the report', { dealt: { ...dealt, oldKey: 'login_aa/old' } }, /calls the old key login_aa/],
  ['another new key in the report', { dealt: { ...dealt, newKey: null } }, /calls the new key null/],
  ['refused, which the report does not say', { dealt: { ...dealt, refusedAt: null } }, /was not seen refused/],
  ['refused later than reported', { sighting: { usableMs: seenMs + 1, refusedMs: seenMs + 9 } }, /could be used later/],
];

test.each(wrong)('%s', (_name, given, said) => {
  expect(problemsOf({ ...good, ...given }, deadlineMs)).toEqual([expect.stringMatching(said)]);
});
