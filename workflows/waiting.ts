import type { Decision } from '../contract/index.ts';
import { deadlineMs, isOvertaken, waivedByDeadline } from './compromise.ts';
import { tellPeople } from './notices.ts';
import { checkpoint, failedConsumer, instant, type Run } from './run.ts';

export interface WaitOptions {
  /** As `progress` shows it and `proceed` names it. */
  name: string;
  detail: string;
  /** When it is over by itself. */
  untilMs?: number;
  /** Where it is over in parts: when the last of them is. */
  shownUntilMs?: number;
  /** It is never cut short: not by a person, not by a compromise or its deadline. */
  mustHold?: true;
  /** After this an operator is told. */
  lateAfterMs?: number;
  /** Something else has come that makes the wait needless. */
  woken?: () => boolean;
}

export type Attended<T> = { value: T } | { waivedBy: Decision } | { woken: true };

/**
 * Waits for `work`, visibly: an operator may skip or waive it, turn back, or hear that it takes too long. `work` must only
 * read, because it is let go of when the wait is over without it.
 */
export async function attend<T>(run: Run, given: WaitOptions, work: () => Promise<T>): Promise<Attended<T>> {
  const endMs = given.mustHold ? undefined : deadlineMs(run);
  const options = endMs === undefined ? given : { ...given, untilMs: endMs };
  let outcome: { value: T } | { error: unknown } | undefined;
  const { result, cancel } = run.engine.cancellable(work);
  result.then(
    (value) => {
      outcome = { value };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  return whileShown(run, options, async () => {
    const woken = () => options.woken?.() === true;
    const due = () => !options.mustHold && waivedByDeadline(run) !== undefined;
    const over = () => outcome !== undefined || interrupted(run, options.name) || due() || woken();
    // What interrupted it may be taken back before it is looked at.
    while (!over()) await until(run, options, over);
    if (outcome === undefined) {
      cancel();
      return interrupted(run, options.name) || due() ? overWithout(run, options.name) : { woken: true };
    }
    if ('error' in outcome) throw outcome.error;
    return outcome;
  });
}

/** Waits for `test`, visibly, as {@link attend} does. @returns whether it held when the wait was over. */
export async function attendTo(run: Run, options: WaitOptions, test: () => boolean): Promise<boolean> {
  return whileShown(run, options, async () => {
    const endMs = options.untilMs ?? Number.POSITIVE_INFINITY;
    const over = () => test() || interrupted(run, options.name) || run.engine.now() >= endMs;
    while (!over()) await until(run, options, over);
    if (!test() && interrupted(run, options.name)) overWithout(run, options.name);
    return test();
  });
}

/** Lets time pass, visibly, unless it is hurried. @returns who skipped the rest of it, if anybody did. */
export async function rest(
  run: Run,
  options: WaitOptions & { untilMs: number; hurried?: () => boolean },
): Promise<Decision | undefined> {
  const { hurried = () => false, name, untilMs } = options;
  return whileShown(run, options, async () => {
    const cut = () => !options.mustHold && interrupted(run, name);
    const over = () => cut() || hurried() || run.engine.now() >= untilMs;
    while (!over()) await until(run, options, over);
    return cut() ? overWithout(run, name).waivedBy : undefined;
  });
}

async function whileShown<T>(run: Run, options: WaitOptions, wait: () => Promise<T>): Promise<T> {
  const { name, detail, untilMs, shownUntilMs = untilMs } = options;
  const until = shownUntilMs === undefined ? {} : { until: new Date(shownUntilMs).toISOString() };
  run.track.waits.set(name, { name, since: instant(run), detail, ...until });
  try {
    return await wait();
  } finally {
    run.track.waits.delete(name);
    run.inbox.waivers.delete(name);
  }
}

async function until(run: Run, options: WaitOptions, over: () => boolean): Promise<void> {
  const leftMs = () => (options.untilMs === undefined ? undefined : options.untilMs - run.engine.now());
  const { lateAfterMs = Number.POSITIVE_INFINITY } = options;
  if (lateAfterMs < (leftMs() ?? Number.MAX_VALUE) && !(await run.engine.condition(over, lateAfterMs))) {
    const wait = run.track.waits.get(options.name);
    if (wait) wait.late = true;
    run.engine.log(`late: ${options.name}`, { detail: wait?.detail });
    const { id } = run.credential;
    void tellPeople(run, `late/${options.name}${run.undoing ? '/undo' : ''}`, {
      kind: 'late',
      text: `${id} still waits (${options.name}): ${wait?.detail}`,
      todo: [`keyturn status ${id}`, `to go on without it: keyturn proceed ${id} --wait "${options.name}"`],
    });
  }
  await run.engine.condition(over, leftMs());
}

function interrupted(run: Run, name: string): boolean {
  return run.inbox.waivers.has(name) || turningBack(run) || isOvertaken(run) || failedConsumer(run) !== undefined;
}

function turningBack(run: Run): boolean {
  return run.inbox.rollBack !== undefined && !run.undoing && !run.pastPivot;
}

function overWithout(run: Run, name: string): { waivedBy: Decision } {
  checkpoint(run);
  const waivedBy = run.inbox.waivers.get(name) ?? waivedByDeadline(run);
  if (!waivedBy) throw new TypeError(`the wait for ${name} ended without a reason`);
  decide(run, 'proceed', waivedBy, { wait: name });
  return { waivedBy };
}

/**
 * Works that wait side by side. When one fails the others are let go of, and have ended before that is told: no wait outlives the
 * step that it belongs to.
 */
export function together<T>(run: Run, works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const group = run.engine.cancellable(async () => {
    const running = works.map((work) => work());
    try {
      return await Promise.all(running);
    } catch (error) {
      group.cancel();
      await Promise.allSettled(running);
      throw error;
    }
  });
  return group.result;
}

/** Notes a person's decision, to be audited by the next activity that records. */
export function decide(run: Run, verb: string, decision: Decision, detail: Record<string, unknown> = {}): void {
  const reason = decision.reason === undefined ? {} : { reason: decision.reason };
  run.decisions.push({
    at: instant(run),
    kind: 'decision',
    id: `${verb}/${run.decided++}`,
    verb,
    by: decision.by,
    ...(decision.from === undefined ? {} : { from: decision.from }),
    detail: { ...detail, ...reason },
  });
}
