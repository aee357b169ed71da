import type { News, Request } from '../contract/index.ts';
import type { Run } from './run.ts';

/** Whom a request names hears what becomes of it. Nothing waits for that but the end of the rotation. */

type Standing = Pick<News, 'state' | 'outcome' | 'reason'>;

/** What is taken for granted of a rotation that has begun. */
const begun = JSON.stringify({ state: 'rotating' } satisfies Standing);

/** To all who have not heard it yet. */
export function tellNews(run: Run): void {
  // How it ended is told when it is known whose request goes on.
  if (!run.end) for (const request of run.inbox.requests) tellOnce(run, request);
}

/** Whoever asks again may not have heard it. */
export function repeatNews(run: Run, request: Request): void {
  if (!run.end) tell(run, request);
}

/** @param carried these go on in the next rotation. */
export async function tellEnd(run: Run, carried: readonly Request[]): Promise<void> {
  const over = run.inbox.requests.filter((request) => !carried.includes(request));
  for (const request of over) tellOnce(run, request);
  // After the rotation nothing is sent any more.
  if (run.inbox.requests.some(({ tells }) => tells !== undefined)) await run.news.sent;
}

function tellOnce(run: Run, request: Request): void {
  const { told } = run.news;
  if ((told.get(request.id) ?? begun) !== JSON.stringify(standingOf(run))) tell(run, request);
}

/** One after the other, so that what is heard last is what was said last. */
function tell(run: Run, { id, tells }: Request): void {
  if (tells === undefined) return;
  const { job, news } = run;
  const standing = standingOf(run);
  news.told.set(id, JSON.stringify(standing));
  const message: News = { request: id, credential: job.credential.id, rotation: job.rotation, ...standing };
  news.sent = news.sent.then(() => run.engine.tell(tells, message));
}

function standingOf({ end, refreshedAt, track, undoing }: Run): Standing {
  if (end) return { state: 'ended', outcome: end.outcome, ...(end.reason && { reason: end.reason }) };
  if (track.quarantine) return { state: 'quarantined', reason: track.quarantine.reason };
  if (refreshedAt && !undoing) return { state: 'refreshed' };
  return { state: 'rotating' };
}
