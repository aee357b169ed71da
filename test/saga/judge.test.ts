import { expect, test } from 'vitest';
import type { CredentialConsumer, ListedKey, ProviderStanding, Request, TargetStanding } from '../../contract/index.ts';
import { judgeAccepters, judgeKeys, judgePending, judgeTargets, keysHeld } from '../../workflows/judge.ts';

const powers = { staging: true, destroys: true, readsBack: true, propagationMsMax: 0 };

function serving(target: string, keyId: string, verdict: 'accepted' | 'refused' = 'accepted'): TargetStanding {
  return { target, current: { version: '1', keyId, verdict }, powers };
}

function asking(options: Partial<Request>): Request[] {
  return [{ id: 'r', at: '2026-01-01T00:00:00.000Z', by: 'ada', urgency: 'routine', ...options }];
}

function listing(keys: ListedKey[], keysMax = 2): ProviderStanding {
  return {
    powers: {
      order: 'make-before-break',
      chooses: false,
      verifies: true,
      disables: true,
      tellsUse: true,
      keysMax,
      propagationMsMax: 0,
    },
    keys,
    made: keys.flatMap((key) => (key.madeBy === undefined ? [] : [key.id])),
    leftOpen: [],
  };
}

const old: ListedKey = { id: 'OLD', state: 'active', createdAt: '2025-01-01T00:00:00.000Z' };
const stranger: ListedKey = { id: 'STRANGER', state: 'active', lastUse: { at: '2026-01-01T00:00:00.000Z' } };
const ours: ListedKey = { id: 'OURS', state: 'active', madeBy: 'rotation-1' };

test('targets that differ stop the rotation, unless the request says to converge them', () => {
  const differ = [serving('main', 'OLD'), serving('copy', 'OTHER')];
  expect(() => judgeTargets(differ, asking({}))).toThrow(/the targets differ: main serves OLD, copy serves OTHER/);
  expect(() => judgeTargets(differ, asking({ converge: true }))).not.toThrow();
});

test('a known-good that no longer works is refused, unless the request says so', () => {
  const broken = [serving('main', 'OLD', 'refused')];
  expect(() => judgeTargets(broken, asking({}))).toThrow(/what is current does not work: main/);
  expect(() => judgeTargets(broken, asking({ acceptBroken: true }))).not.toThrow();
});

test('an empty target and a value of another kind are named', () => {
  expect(() => keysHeld([{ target: 'main', current: 'absent', powers }])).toThrow(/main holds no value yet/);
  expect(() => keysHeld([serving('main', 'unknown')])).toThrow(/main serves a value that is not one/);
});

test('trap: deletes the oldest of two keys, whoever made it and whether or not it is in use', () => {
  const full = () => judgeKeys(listing([old, stranger]), { held: ['OLD'] }, asking({}));
  expect(full).toThrow(/no room for a new key: 2 of 2 keys exist: OLD .*; STRANGER .*last used 2026-01-01/);
});

test('at the limit, what an earlier rotation of ours left makes room', () => {
  expect(judgeKeys(listing([old, ours]), { held: ['OLD'] }, asking({})).leftovers).toEqual([ours]);
});

test('at the limit, the key that the request names makes room, and only a listed one that is not in use as current', () => {
  const named = judgeKeys(listing([old, stranger]), { held: ['OLD'] }, asking({ replace: 'STRANGER' }));
  expect(named.leftovers).toEqual([stranger]);
  expect(() => judgeKeys(listing([old]), { held: ['OLD'] }, asking({ replace: 'GONE' }))).toThrow(
    /GONE, is not listed/,
  );
  expect(() => judgeKeys(listing([old]), { held: ['OLD'] }, asking({ replace: 'OLD' }))).toThrow(
    /or is the one in use/,
  );
});

test('a stranger below the limit is left alone', () => {
  expect(judgeKeys(listing([old, stranger], 10), { held: ['OLD'] }, asking({})).leftovers).toEqual([]);
});

test('a key that a target serves but the provider does not list is a conflict', () => {
  expect(() => judgeKeys(listing([old]), { held: ['LOST'] }, asking({}))).toThrow(/does not list LOST/);
});

test('who checks a stored value has to be able to read it before it is served', () => {
  const checker: CredentialConsumer = {
    type: 'webhook',
    name: 'checker',
    reads: 'main',
    instances: 1,
    canary: 0,
    required: true,
    role: 'accepts',
  };
  const newestWins = { ...serving('main', 'OLD'), powers: { ...powers, staging: false } };
  expect(() => judgeAccepters([newestWins], [checker])).toThrow(/main has no staging, but checker has to accept/);
  expect(() => judgeAccepters([serving('main', 'OLD')], [checker])).not.toThrow();
  expect(() => judgeAccepters([newestWins], [{ ...checker, role: 'uses' }])).not.toThrow();
});

test("somebody else's pending version stops the rotation; one of ours does not", () => {
  const pending = { ...serving('main', 'OLD'), pending: { version: '2', keyId: 'NEW' } };
  expect(() => judgePending([pending], new Set())).toThrow(/pending version 2 that is not ours/);
  expect(() => judgePending([pending], new Set(['NEW']))).not.toThrow();
});
