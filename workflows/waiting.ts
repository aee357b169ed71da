import type { Decision } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { checkpoint, instant, type Run } from './run.ts';

export interface WaitOptions {
  /** As `progress` shows it and `proceed` names it. */
  name: string;
  detail: string;
  /** When it is over by itself. */
  untilMs?: number;
  /** After this an operator is told. */
  lateAfterMs?: number;
}

export type Attended<T> = { value: T } | { waivedBy: Decision };

/**
 * Waits for `work`, visibly: an operator may skip or waive it, turn back, or hear that it takes too long. `work` must only
 * read, because it is let go of when the wait is over without it.
 */
export async function attend<T>(run: Run, options: WaitOptions, work: () => Promise<T>): Promise<Attended<T>> {
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
    await until(run, options, () => outcome !== undefined);
    if (outcome === undefined) cancel();
    else if ('error' in outcome) throw outcome.error;
    else return outcome;
    return overWithout(run, options.name);
  });
}

/** Waits for `test`, visibly, as {@link attend} does. @returns whether it held when the wait was over. */
export async function attendTo(run: Run, options: WaitOptions, test: () => boolean): Promise<boolean> {
  return whileShown(run, options, async () => {
    await until(run, options, test);
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
    const left = untilMs - run.engine.now();
    if (left > 0) await run.engine.condition(() => interrupted(run, name) || hurried(), left);
    return interrupted(run, name) ? overWithout(run, name).waivedBy : undefined;
  });
}

async function whileShown<T>(run: Run, options: WaitOptions, wait: () => Promise<T>): Promise<T> {
  const { name, detail, untilMs } = options;
  const until = untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() };
  run.track.waits.set(name, { name, since: instant(run), detail, ...until });
  try {
    return await wait();
  } finally {
    run.track.waits.delete(name);
    run.inbox.waivers.delete(name);
  }
}

async function until(run: Run, options: WaitOptions, test: () => boolean): Promise<void> {
  const over = () => test() || interrupted(run, options.name);
  if (options.lateAfterMs !== undefined && !(await run.engine.condition(over, options.lateAfterMs))) {
    const wait = run.track.waits.get(options.name);
    if (wait) wait.late = true;
    run.engine.log(`late: ${options.name}`, { detail: wait?.detail });
  }
  await run.engine.condition(over, options.untilMs === undefined ? undefined : options.untilMs - run.engine.now());
}

function interrupted(run: Run, name: string): boolean {
  return run.inbox.waivers.has(name) || turningBack(run) || failedConsumer(run) !== undefined;
}

function turningBack(run: Run): boolean {
  return run.inbox.rollBack !== undefined && !run.undoing && !run.pastPivot;
}

/** A consumer that says by itself that the new key fails for it, at any moment before the pivot. */
function failedConsumer(run: Run): string | undefined {
  if (run.undoing || run.pastPivot || run.newKey === undefined) return undefined;
  const { key } = run.newKey;
  const versions = new Set(run.written.values());
  const failed = run.inbox.attestations.find(
    (said) =>
      said.status === 'failed' && (said.keyId === key.id || (said.version !== undefined && versions.has(said.version))),
  );
  return failed && `${failed.consumer} ${failed.instance}${failed.reason === undefined ? '' : `: ${failed.reason}`}`;
}

function overWithout(run: Run, name: string): { waivedBy: Decision } {
  checkpoint(run);
  const failed = failedConsumer(run);
  if (failed !== undefined) throw new KeyturnError('invalid', `a consumer says that the new key fails: ${failed}`);
  const waivedBy = run.inbox.waivers.get(name);
  if (!waivedBy) throw new TypeError(`the wait for ${name} ended without a reason`);
  decide(run, 'proceed', waivedBy, { wait: name });
  return { waivedBy };
}

/** Notes a person's decision, to be audited by the next activity that records. */
export function decide(run: Run, verb: string, decision: Decision, detail: Record<string, unknown> = {}): void {
  const reason = decision.reason === undefined ? {} : { reason: decision.reason };
  run.decisions.push({
    at: instant(run),
    kind: 'decision',
    id: `${verb}/${run.decisions.length}`,
    verb,
    by: decision.by,
    detail: { ...detail, ...reason },
  });
}
