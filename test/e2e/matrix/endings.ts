import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import * as rotations from '../../../client/rotations.ts';
import type { Progress, RotationEnd } from '../../../contract/index.ts';
import { expectWholeAudit } from './audit.ts';
import type { Cell } from './cell.ts';
import type { Fields, ProviderKind } from './sides.ts';

const longMs = 60_000;

export const endings = { rotated, restored, rolledBack };
export type Ending = keyof typeof endings;

export function nameOf(ending: Ending, { soaks }: ProviderKind): string {
  if (ending === 'rotated') return 'rotated';
  if (ending === 'restored') return 'restored after a failed smoke test';
  return `rolled back during the ${soaks ? 'soak' : 'grace'}`;
}

async function rotated(cell: Cell): Promise<void> {
  const { kind, rotating, side } = cell;
  const end = await endOf(await rotating.start(cell.credential()));
  expect(end.outcome, end.reason?.message).toBe('rotated');
  const key = await newKeyEverywhere(cell);
  expect(await side.use(side.first)).toMatch(kind.refusal);
  expect(await side.use(key)).toBe('accepted');
  expect(await side.keys()).toEqual([side.nameOf(key)]);
  if (side.loaded) expect(side.loaded()).toEqual(key);
  await expectNothingElse(cell);
  await expectWholeAudit(rotating, end);
}

async function restored(cell: Cell): Promise<void> {
  const end = await endOf(await cell.rotating.start(cell.credential()));
  expect(end).toMatchObject({ outcome: 'restored', reason: { message: expect.stringMatching(cell.kind.failure) } });
  await expectAsBefore(cell);
  await expectWholeAudit(cell.rotating, end);
}

async function rolledBack(cell: Cell): Promise<void> {
  const { kind, rotating, side } = cell;
  const wait = kind.soaks ? 'soak' : 'grace';
  const started = await rotating.start(cell.credential({ [`${wait}Ms`]: longMs }));
  await rotating.until(started, (now) => isOpen(now) && now.waits.some(({ name }) => name === wait));
  const key = await newKeyEverywhere(cell);
  expect(await side.use(key)).toBe('accepted');
  const old = await side.use(side.first);
  if (kind.oldKeyMeanwhile === 'accepted') expect(old).toBe('accepted');
  else expect(old).toMatch(kind.refusal);
  await rotations.rollBack(started.handle, { by: 'ada', reason: 'test' });
  const end = await endOf(started);
  expect(end).toMatchObject({ outcome: 'restored', reason: { kind: 'asked', message: 'rolled back by ada: test' } });
  await expectAsBefore(cell);
  expect(await side.use(key)).toMatch(kind.refusal);
  await expectWholeAudit(rotating, end);
}

/** A rotation that cannot keep the invariants is not begun: nothing is touched. */
export async function refused(cell: Cell, why: RegExp): Promise<void> {
  const end = await endOf(await cell.rotating.start(cell.credential()));
  expect(end).toMatchObject({ outcome: 'unchanged', reason: { message: expect.stringMatching(why) } });
  await expectAsBefore(cell);
}

type Started = Parameters<Cell['rotating']['until']>[0];
const lookMs = 1_000;

/** @throws as soon as the rotation is quarantined, which would otherwise stand open until the test's time is over. */
async function endOf({ handle }: Started): Promise<RotationEnd> {
  const ended = rotations.ended(handle);
  ended.catch(() => {});
  for (;;) {
    const end = await Promise.race([ended, sleep(lookMs)]);
    if (end) return end;
    isOpen(await rotations.progress(handle));
  }
}

function isOpen({ quarantine }: Progress): boolean {
  if (quarantine)
    throw new Error(`quarantined in ${quarantine.during} ${quarantine.step}: ${quarantine.reason.message}`);
  return true;
}

/** What consumers of every target read now: one key, another than at the start, in a document that is otherwise the same. */
async function newKeyEverywhere({ side, targets }: Cell): Promise<Fields> {
  const keys: Fields[] = [];
  for (const { form, place, document } of targets) {
    const now = await place.read();
    const key = form.read(now);
    expect(now).not.toBe(document);
    expect(now).toBe(form.write(key));
    keys.push(key);
  }
  const [key = {}, ...others] = keys;
  for (const other of others) expect(other).toEqual(key);
  expect(key).not.toEqual(side.first);
  return key;
}

async function expectAsBefore(cell: Cell): Promise<void> {
  const { side, targets } = cell;
  for (const { place, document } of targets) expect(await place.read()).toBe(document);
  expect(await side.use(side.first)).toBe('accepted');
  expect(await side.keys()).toEqual([side.nameOf(side.first)]);
  if (side.loaded) expect(side.loaded()).toEqual(side.first);
  await expectNothingElse(cell);
}

/** No other value than the one that is served can still be read in any target. */
async function expectNothingElse({ targets }: Cell): Promise<void> {
  for (const { place } of targets) expect(new Set(await place.readable())).toEqual(new Set([await place.read()]));
}
