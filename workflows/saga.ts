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
  /** There is no way back any more, for another reason than the pivot: what fails is handed to a person, and run again. */
  forwardOnly(): boolean;
  /** From now on a wish to turn back is refused. */
  pivotArmed(): void;
  /** Before the first undo, if there is any. Resolves when nothing that was tried can still happen. */
  turnedBack(error: unknown, touched: boolean): Promise<void>;
  /** Carries an undo out; throws StartOver where it must not go on. */
  goingBack(undo: () => Promise<void>): Promise<void>;
  /** Stands open until a person says that it should be tried again, or that it has been mended. */
  quarantine(step: string, during: 'run' | 'undo', error: unknown): Promise<Settled>;
}

/** `failed` carries what made it turn back; `touched` is false if nothing had been armed by then. */
export type SagaEnd =
  | { end: 'done' }
  | { end: 'resolved' }
  | { end: 'start over' }
  | { end: 'failed'; error: unknown; touched: boolean };

/** Thrown by a step or a hook: neither forward nor back, but from the beginning, by what is found then. */
export class StartOver extends Error {
  override readonly name = 'StartOver';
}

export async function runSaga<Run>(table: Table<Run>, run: Run, hooks: Hooks<Run>): Promise<SagaEnd> {
  try {
    return await through(table, run, hooks);
  } catch (error) {
    if (error instanceof StartOver) return { end: 'start over' };
    throw error;
  }
}

async function through<Run>(table: Table<Run>, run: Run, hooks: Hooks<Run>): Promise<SagaEnd> {
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
        if (error instanceof StartOver) throw error;
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
      const noWayBack = () => pivotArmed || hooks.forwardOnly();
      const settled = await settle(step.name, 'run', () => step.run(run), hooks, noWayBack);
      if (settled === 'resolved') return { end: 'resolved' };
      hooks.left(step, 'done');
    } catch (error) {
      if (error instanceof StartOver) throw error;
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
    const goBack = () => hooks.goingBack(() => undo.run(run));
    if ((await settle(step.name, 'undo', goBack, hooks)) === 'resolved') return { end: 'resolved' };
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

/** Until it is done, or a person says that it has been mended; where there is a way back, the first error is thrown. */
async function settle<Run>(
  name: string,
  during: 'run' | 'undo',
  work: () => Promise<void>,
  hooks: Hooks<Run>,
  noWayBack: () => boolean = () => true,
): Promise<'done' | 'resolved'> {
  for (;;) {
    try {
      await work();
      return 'done';
    } catch (error) {
      if (error instanceof StartOver || !noWayBack()) throw error;
      if ((await hooks.quarantine(name, during, error)) === 'resolved') return 'resolved';
    }
  }
}
