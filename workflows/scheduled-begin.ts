import { type Credential, changesMs, KeyturnError, type Request, type RotationInput } from '../contract/index.ts';
import { type Engine, startApart } from './engine.ts';
import { startOf } from './messages.ts';
import type { rotation } from './rotation.workflow.ts';

/**
 * When the credential's calendar lets a rotation begin that nobody is in a hurry for.
 * @throws KeyturnError `invalid` where no such time comes.
 */
export async function openFromMs(engine: Engine, credential: Credential): Promise<number> {
  if (!credential.calendar) return engine.now();
  const { attemptMs, pollMs } = credential.limits;
  const summary = `look when the calendar is open for ${credential.id}`;
  const looking = engine.activities({ summary, attemptMs, retryMs: 1_000, retryMsMax: Math.max(pollMs, 1_000) });
  const job = { rotation: engine.uuid(), credential };
  const { from } = await looking.nextOpening({ job, neededMs: changesMs(credential) });
  if (from !== 'never') return Date.parse(from);
  throw new KeyturnError('invalid', `the window and freezes of ${credential.id} leave no time for a rotation`, {
    fix: 'mend them, then `keyturn apply`',
  });
}

/** @returns undefined where one is open already. */
export function begin(credential: Credential, request: Request) {
  const args: [RotationInput] = [{ credential, requests: [request] }];
  return startApart<typeof rotation>('rotation', { ...startOf(credential, request), args });
}
