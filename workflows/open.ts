import { KeyturnError } from '../contract/index.ts';
import { hurried, type Run, step } from './run.ts';
import { rest } from './waiting.ts';

/**
 * Waits until the credential's calendar lets something be changed, for at least `neededMs`. What is urgent does not wait, nor does one for
 * whom a person says so.
 * @returns whether time has passed.
 * @throws KeyturnError `invalid` where no such time comes.
 */
export async function whenOpen(run: Run, what: string, neededMs = 0): Promise<boolean> {
  const sinceMs = run.engine.now();
  while (run.credential.calendar && !hurried(run) && !run.unbound.has(what)) {
    const { from } = await step(run, `look when ${what} may begin`).nextOpening({ job: run.job, neededMs });
    if (from === 'never') {
      throw new KeyturnError('invalid', `its window and freezes leave no time in which ${what} may begin`, {
        fix: 'mend the calendar, or ask with --urgency expedited',
      });
    }
    const untilMs = Date.parse(from);
    if (untilMs <= run.engine.now()) break;
    const detail = `${what} may begin when the window is open`;
    const skipped = await rest(run, { name: 'window', detail, untilMs, hurried: () => hurried(run) });
    if (skipped) run.unbound.add(what);
  }
  return run.engine.now() - sinceMs > run.credential.limits.attemptMs;
}
