import { KeyturnError, type Notice } from '../contract/index.ts';
import { type Run, step } from './run.ts';

/**
 * Tells people, once each, where the catalog says how. Nothing waits for it, and where it fails the rotation goes on: whoever looks is told
 * the same.
 * @param about tells apart what may come several times in one rotation.
 * @returns when it is told, or cannot be.
 */
export async function tellPeople(run: Run, about: string, notice: Omit<Notice, 'id'>): Promise<void> {
  if (!run.credential.notify || run.noticed.has(about)) return;
  run.noticed.add(about);
  const id = `${run.job.rotation}/notice/${about}`;
  try {
    await step(run, `tell people: ${notice.kind}`).sendNotice({ job: run.job, notice: { id, ...notice } });
  } catch (error) {
    if (!(error instanceof KeyturnError)) return;
    run.engine.log('people were not told', { kind: notice.kind, error: error.message });
  }
}
