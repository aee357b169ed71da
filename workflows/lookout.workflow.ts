import { workflowInfo } from '@temporalio/workflow';
import {
  durationText,
  KeyturnError,
  type LookoutEnd,
  type LookoutInput,
  lookoutEndSchema,
  lookoutInputSchema,
  type Notice,
  type Overdue,
  siteQueue,
  type Watched,
} from '../contract/index.ts';
import { asFailure, type Engine, temporalEngine } from './engine.ts';

/** So many audits are read by one call. */
const batchSize = 50;
/** So many notices at the most in one run: what is more waits for the next. */
const noticesMax = 200;
const retry = { retryMs: 1_000, retryMsMax: 30_000 };

/**
 * One look at the age of what has a `maxAge`: tells people of each credential that is overdue, once for each last rotation, which the schedule
 * remembers from one run to the next. It asks the audit and nothing else: neither a pause nor an open rotation silences it.
 */
export async function lookout(input: LookoutInput): Promise<LookoutEnd> {
  const { data, error } = lookoutInputSchema.safeParse(input);
  if (!data) throw asFailure(notAnInput(error.issues[0]));
  const before = lookoutEndSchema.safeParse(workflowInfo().lastResult).data?.told ?? {};
  const sites = [...new Set(data.watched.map(({ site }) => site))];
  const end: LookoutEnd = { told: {}, failed: [] };
  const look = { before: new Map(Object.entries(before)), end, left: noticesMax, deaf: new Set<string>() };
  // One of whose site no worker is there holds up no other.
  await Promise.all(
    sites.map((site) =>
      lookAt(
        look,
        data.watched.filter((each) => each.site === site),
      ),
    ),
  );
  return end;
}

function notAnInput(issue: { path: PropertyKey[]; message: string } | undefined): KeyturnError {
  const what = `not the lookout's input: ${issue?.path.join('.')}: ${issue?.message}`;
  return new KeyturnError('invalid', `${what}; keyturn apply schedules it`);
}

interface Look {
  before: ReadonlyMap<string, string>;
  end: LookoutEnd;
  /** How many notices may still be sent. */
  left: number;
  /** Webhooks that could not be reached in this run. */
  deaf: Set<string>;
}

async function lookAt(look: Look, watched: readonly Watched[]): Promise<void> {
  const site = watched[0]?.site;
  const engine = temporalEngine(site === undefined ? undefined : siteQueue(site));
  for (let from = 0; from < watched.length; from += batchSize) {
    const batch = watched.slice(from, from + batchSize);
    const found = await tried(look, engine, `the age of ${batch.length} credentials`, () => find(engine, batch));
    if (found) for (const each of batch) await tell(look, engine, each, found);
    // What nobody could look at is as it was.
    else for (const { id } of batch) remember(look, id, look.before.get(id));
  }
}

function find(engine: Engine, batch: readonly Watched[]): Promise<Overdue[]> {
  const summary = `look how old ${batch.length} credentials are`;
  const looking = engine.activities({ summary, attemptMs: 120_000, totalMs: 600_000, ...retry });
  return looking.findOverdue({ watched: batch.map(({ id, maxAgeMs }) => ({ id, maxAgeMs })) });
}

async function tell(look: Look, engine: Engine, watched: Watched, found: readonly Overdue[]): Promise<void> {
  const { id, notify } = watched;
  const overdue = found.find((each) => each.id === id);
  if (!overdue) return;
  const { lastRotatedAt } = overdue;
  if (look.before.get(id) === lastRotatedAt) return remember(look, id, lastRotatedAt);
  if (look.left === 0 || look.deaf.has(notify.url)) return;
  look.left -= 1;
  const telling = engine.activities({
    summary: `tell people: ${id} is overdue`,
    attemptMs: 15_000,
    totalMs: 60_000,
    ...retry,
  });
  const notice = noticeOf(watched, lastRotatedAt);
  const told = await tried(look, engine, `telling people of ${id}`, async () => {
    await telling.tellOutside({ credential: id, notify, notice });
    return true;
  });
  if (told) remember(look, id, lastRotatedAt);
  else look.deaf.add(notify.url);
}

function remember({ end }: Look, id: string, lastRotatedAt: string | undefined): void {
  if (lastRotatedAt !== undefined) end.told[id] = lastRotatedAt;
}

function noticeOf({ id, maxAgeMs }: Watched, lastRotatedAt: string): Notice {
  const last = lastRotatedAt === 'never' ? 'was never rotated' : `was last rotated at ${lastRotatedAt}`;
  return {
    id: `overdue/${id}/${lastRotatedAt}`,
    kind: 'overdue',
    text: `${id} is overdue: it ${last}, and its value was not to be older than ${durationText(maxAgeMs)}`,
    todo: [
      `keyturn status ${id}`,
      `where nothing is open: keyturn rotate ${id}`,
      'all of them: keyturn list --overdue',
    ],
  };
}

/** @returns undefined where it cannot be: the next run tries again. */
async function tried<T>({ end }: Look, engine: Engine, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    engine.log(`${what}: failed`, { error: error.message });
    end.failed.push(`${what}: ${error.message}`);
    return undefined;
  }
}
