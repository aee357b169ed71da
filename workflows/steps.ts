import { isInPlace, type Run } from './run.ts';
import type { Step, Table } from './saga.ts';
import { approve } from './steps/approve.ts';
import { create, removeNewKey } from './steps/create.ts';
import { remove } from './steps/delete.ts';
import { inspect } from './steps/inspect.ts';
import { record } from './steps/record.ts';
import { refresh, unrefresh } from './steps/refresh.ts';
import { proveRestored, retire, unretire } from './steps/retire.ts';
import { smokeTest } from './steps/smoke-test.ts';
import { switchBack, switchOver } from './steps/switch.ts';
import { tidy } from './steps/tidy.ts';
import { unwrite, write } from './steps/write.ts';

const readsOnly = { none: 'it only reads' };
const forwardOnly = { none: 'past the pivot: only retried forward' };

/**
 * THE TABLE: the rotation, whole. Two orders run through it, told apart by what the provider declares: make before break, and
 * in place, where `create` only chooses the value and `switch` sets it.
 */
const steps: readonly Step<Run>[] = [
  { name: 'inspect', run: inspect, undo: readsOnly },
  { name: 'approve', run: approve, undo: readsOnly, when: (run) => run.credential.approval !== undefined },
  { name: 'create', run: create, undo: { run: removeNewKey } },
  { name: 'write', run: write, undo: { run: unwrite } },
  { name: 'switch', run: switchOver, undo: { run: switchBack }, when: isInPlace },
  { name: 'smokeTest', run: smokeTest, undo: readsOnly },
  { name: 'refresh', run: refresh, undo: { run: unrefresh } },
  { name: 'retire', run: retire, undo: { run: unretire } },
  { name: 'delete', run: remove, undo: forwardOnly, pivot: true },
  { name: 'tidy', run: tidy, undo: forwardOnly },
  { name: 'record', run: record, undo: forwardOnly, always: true },
];

export const table: Table<Run> = {
  steps,
  proveRestored,
};
