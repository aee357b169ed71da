import { expect, test } from 'vitest';
import { agesFrom, dueOf, lastRotated } from '../../connectors/audit/age.ts';
import type { AuditEntry, AuditRecord, Outcome } from '../../contract/index.ts';

type Entry = Partial<AuditEntry> & Pick<AuditEntry, 'kind' | 'verb'>;

const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z`;

/** A chain with one entry a day, from the first of January on. */
const chain = (...entries: Entry[]) =>
  entries.map(
    (entry, index) =>
      ({ seq: index + 1, entry: { rotation: 'r', effect: 'e', at: day(index + 1), ...entry } }) as AuditRecord,
  );

const adopted: Entry = { kind: 'decision', verb: 'adopt' };
const approved: Entry = { kind: 'decision', verb: 'approve' };
const stored: Entry = { kind: 'result', verb: 'write', outcome: 'done', rotation: 'store-1' };
const written: Entry = { kind: 'intent', verb: 'write', detail: { keyId: 'K1' } };
const ended = (outcome: Outcome, at: number): Entry => ({
  ...{ kind: 'close', verb: 'close' },
  detail: { end: { outcome, startedAt: day(at - 1), endedAt: day(at), newKey: 'K1' } },
});

test.each([
  ['nothing is known', [], undefined],
  ['it was adopted', [approved, adopted, adopted], 2],
  ['its first value was stored, and it was adopted later', [stored, adopted], 1],
  ['a value could not be stored', [{ ...stored, outcome: 'failed' as const }], undefined],
  ['it was never rotated to the end', [ended('restored', 1), adopted, ended('unchanged', 3)], 2],
  ['it was adopted and then rotated', [adopted, written, ended('rotated', 3)], 2],
  ['what was written is not known', [adopted, approved, ended('rotated', 4)], 3],
])('where %s its age counts from there', (_where, entries, expected) => {
  expect(agesFrom(chain(...entries))).toBe(expected === undefined ? undefined : day(expected));
});

test('only an end `rotated` is a rotation', () => {
  expect(lastRotated(chain(adopted, stored, ended('restored', 3)))).toBeUndefined();
  expect(lastRotated(chain(written, ended('rotated', 2), ended('restored', 3)))).toEqual({
    at: day(2),
    madeAt: day(1),
  });
});

test.each([
  [undefined, 'overdue'],
  [0, 'ok'],
  [89, 'ok'],
  [90, 'due'],
  [100, 'due'],
  [101, 'overdue'],
])('of 100 ms promised, %s is %s', (ageMs, due) => {
  expect(dueOf(ageMs, 100)).toBe(due);
});
