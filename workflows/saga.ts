/**
 * The generic saga runner. It executes a table of steps and knows no step by name.
 *
 * An undo is armed before its step is called, because a call whose reply was lost may have happened. From the pivot
 * on nothing is undone: a step is run again until it succeeds. Nothing here is swallowed: what cannot go forward
 * and cannot go back is handed to a person, and waits.
 */
export interface Step<Run> {
  name: string;
  /** Absent: always. */
  when?(run: Run): boolean;
  run(run: Run): Promise<void>;
  /** Copes with a step that never happened, and treats "already gone" as success. Or why there is none. */
  undo: { run(run: Run): Promise<void> } | { none: string };
  /** From here on there is no way back. */
  pivot?: true;
  /** Runs at every end, after an undo too; never undone, retried until it is done. */
  always?: true;
}

export interface Table<Run> {
  steps: readonly Step<Run>[];
  /** After the last undo: proves that the known-good is what stands everywhere. */
  proveRestored(run: Run): Promise<void>;
}

export type Settled = 'retry' | 'resolved';

/** What the runner tells and asks its caller. */
export interface Hooks<Run> {
  entered(step: Step<Run>, during: 'run' | 'undo'): void;
  left(step: Step<Run>, how: 'done' | 'skipped' | 'failed' | 'undone', error?: unknown): void;
  /** Throws where somebody wants to turn back; asked before each step up to and including the pivot. */
  checkpoint(): void;
  /** From now on a wish to turn back is refused. */
  pivotArmed(): void;
  /** Before the first undo, if there is any. Resolves when nothing that was tried can still happen. */
  turnedBack(error: unknown, touched: boolean): Promise<void>;
  /** Stands open until a person says that it should be tried again, or that it has been mended. */
  quarantine(step: string, during: 'run' | 'undo', error: unknown): Promise<Settled>;
}

/** `failed` carries what made it turn back; `touched` is false if nothing had been armed by then. */
export type SagaEnd = { end: 'done' } | { end: 'resolved' } | { end: 'failed'; error: unknown; touched: boolean };

export async function runSaga<Run>(table: Table<Run>, run: Run, hooks: Hooks<Run>): Promise<SagaEnd> {
  const armed: Step<Run>[] = [];
  let pivotArmed = false;
  for (const step of table.steps.filter((each) => !each.always)) {
    if (step.when?.(run) === false) {
      hooks.left(step, 'skipped');
      continue;
    }
    if (!pivotArmed) {
      try {
        hooks.checkpoint();
      } catch (error) {
        return unwind(table, armed, run, error, hooks);
      }
    }
    try {
      if (step.pivot) {
        pivotArmed = true;
        hooks.pivotArmed();
      }
      if (!pivotArmed && 'run' in step.undo) armed.push(step);
      hooks.entered(step, 'run');
      if (pivotArmed) {
        if ((await settle(step.name, 'run', () => step.run(run), hooks)) === 'resolved') return { end: 'resolved' };
      } else await step.run(run);
      hooks.left(step, 'done');
    } catch (error) {
      hooks.left(step, 'failed', error);
      return unwind(table, armed, run, error, hooks);
    }
  }
  return { end: 'done' };
}

async function unwind<Run>(
  table: Table<Run>,
  armed: Step<Run>[],
  run: Run,
  error: unknown,
  hooks: Hooks<Run>,
): Promise<SagaEnd> {
  await hooks.turnedBack(error, armed.length > 0);
  if (armed.length === 0) return { end: 'failed', error, touched: false };
  for (const step of armed.reverse()) {
    const { undo } = step;
    if (!('run' in undo)) continue;
    hooks.entered(step, 'undo');
    if ((await settle(step.name, 'undo', () => undo.run(run), hooks)) === 'resolved') return { end: 'resolved' };
    hooks.left(step, 'undone');
  }
  if ((await settle('prove restored', 'undo', () => table.proveRestored(run), hooks)) === 'resolved') {
    return { end: 'resolved' };
  }
  return { end: 'failed', error, touched: true };
}

/** Runs the steps that belong to every end. */
export async function close<Run>(table: Table<Run>, run: Run, hooks: Hooks<Run>): Promise<void> {
  for (const step of table.steps.filter((each) => each.always)) {
    hooks.entered(step, 'run');
    await settle(step.name, 'run', () => step.run(run), hooks);
    hooks.left(step, 'done');
  }
}

async function settle<Run>(
  name: string,
  during: 'run' | 'undo',
  work: () => Promise<void>,
  hooks: Hooks<Run>,
): Promise<'done' | 'resolved'> {
  for (;;) {
    try {
      await work();
      return 'done';
    } catch (error) {
      if ((await hooks.quarantine(name, during, error)) === 'resolved') return 'resolved';
    }
  }
}
