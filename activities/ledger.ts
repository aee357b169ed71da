import { appendOnce } from '../connectors/audit/chain.ts';
import { madeInstants, madeKeys, openIntents } from '../connectors/audit/ledger.ts';
import type { Bench } from '../connectors/open.ts';
import type { AuditEntry, Instant, Key, KeyId, RotationId } from '../contract/index.ts';
import { KeyturnError, storedBy } from '../contract/index.ts';

/** What the audit says of this credential's keys. */
export interface Ledger {
  made: Map<KeyId, RotationId>;
  madeAt: Map<KeyId, Instant>;
  /** Keys that a target has been made to serve, or may have been. */
  served: Set<KeyId>;
  /** Intents whose result was lost, by rotation order. */
  open: AuditEntry[];
  entries: AuditEntry[];
}

/** Clocks differ between us and a provider; AWS signs requests only within minutes, but synchronised clocks differ by less. */
const skewMs = 30_000;

export async function readLedger(on: Bench): Promise<Ledger> {
  const records = await on.deps.sink.read(on.job.credential.id);
  const entries = records.map((record) => record.entry);
  return {
    made: madeKeys(records),
    madeAt: madeInstants(records),
    served: new Set(entries.filter((entry) => entry.kind === 'intent').flatMap(servedBy)),
    open: openIntents(records).map((record) => record.entry),
    entries,
  };
}

function servedBy({ verb, detail }: AuditEntry): KeyId[] {
  const serves = verb === 'moveCurrent' || (verb === 'write' && detail?.serves === true);
  return serves && typeof detail?.keyId === 'string' ? [detail.keyId] : [];
}

export interface Attribution {
  ours: { key: Key; effect: string | undefined }[];
  /** Some of them may be ours: more keys than lost attempts. */
  unclear: Key[];
  others: Key[];
  /** Ours, and a target has served them, or may have. */
  served: Key[];
}

/**
 * Whose are these keys? Ours are those that a result names, and those that can only come from an attempt to mint whose
 * result was lost: not listed before it, made within its time, never used, and no more of them than such attempts.
 */
export async function attribute(on: Bench, strays: readonly Key[]): Promise<Attribution> {
  const { made, open, served: everServed } = await readLedger(on);
  const served = strays.filter((key) => everServed.has(key.id));
  const named = strays.filter((key) => made.has(key.id) && !everServed.has(key.id));
  const rest = strays.filter((key) => !made.has(key.id) && !everServed.has(key.id));
  const lost = open.filter((entry) => entry.verb === 'mint');
  const candidates = rest.filter((key) => lost.some((intent) => fits(on, intent, key)));
  const others = rest.filter((key) => !candidates.includes(key));
  const ours: Attribution['ours'] = named.map((key) => ({ key, effect: undefined }));
  if (candidates.length > lost.length) return { ours, unclear: candidates, others, served };
  const left = [...lost];
  for (const key of candidates) {
    const at = left.findIndex((intent) => fits(on, intent, key));
    const [intent] = at < 0 ? [] : left.splice(at, 1);
    if (!intent) return { ours, unclear: candidates, others, served };
    ours.push({ key, effect: intent.effect });
  }
  return { ours, unclear: [], others, served };
}

function fits(on: Bench, intent: AuditEntry, key: Key): boolean {
  const listed = Array.isArray(intent.detail?.listed) ? intent.detail.listed : [];
  if (listed.includes(key.id) || typeof key.lastUse === 'object' || key.createdAt === undefined) return false;
  const beganMs = Date.parse(intent.at) - skewMs;
  const madeMs = Date.parse(key.createdAt);
  return madeMs >= beganMs && madeMs <= overMs(on, intent.at);
}

/** When an attempt that began then can no longer make a key. */
function overMs(on: Bench, at: Instant): number {
  return Date.parse(at) + on.job.credential.limits.attemptMs + skewMs;
}

/**
 * Waits until nothing that was begun before can still change the target unseen: an effect of a rotation that was ended by force or
 * reset, or one that this reader does not see yet.
 * @param seen the key that was read as current.
 * @throws KeyturnError `transient` with the time that is left.
 */
export async function standsStill(on: Bench, target: string, seen: KeyId, propagationMs: number): Promise<void> {
  const ledger = await readLedger(on);
  const { attemptMs } = on.job.credential.limits;
  const served = ledger.entries.filter(
    (entry) => servedBy(entry).length > 0 && entry.subject?.startsWith(`${target}/`),
  );
  // What was done before the one whose work is seen has spread.
  const later = served.slice(1 + served.findLastIndex(({ subject }) => subject === `${target}/${seen}`));
  const lost = ledger.open.filter(({ rotation }) => rotation === on.job.rotation);
  // Of one that has failed for sure only an earlier attempt could still come.
  const failed = new Set(ledger.entries.filter(({ outcome }) => outcome === 'failed').map(({ effect }) => effect));
  const spreads = ({ effect }: AuditEntry) => (failed.has(effect) ? 0 : propagationMs);
  // Somebody else has changed it, which is not seen everywhere yet; where that may take minutes, a person would rather know now.
  const contested = ledger.entries.filter(
    ({ detail, outcome, rotation, subject }) =>
      rotation === on.job.rotation &&
      outcome === 'failed' &&
      detail?.kind === 'conflict' &&
      subject?.startsWith(`${target}/`),
  );
  const ends = [
    ...contested.map(({ at }) => Date.parse(at) + Math.min(propagationMs, attemptMs)),
    ...later.map((entry) => Date.parse(entry.at) + attemptMs + spreads(entry)),
    ...lost.map(({ at }) => Date.parse(at) + attemptMs),
  ];
  waitUntil(on, Math.max(...ends, othersOverMs(on, ledger)), target);
}

/** As {@link standsStill}, but only for what others may still do. */
export async function othersStandStill(on: Bench): Promise<void> {
  waitUntil(on, othersOverMs(on, await readLedger(on)), on.job.credential.id);
}

/**
 * Waits until a key would be listed that an attempt of this rotation has made of which nobody heard.
 * @throws KeyturnError `transient` with the time that is left.
 */
export async function lostMintsShow(on: Bench, propagationMs: number): Promise<void> {
  const { open } = await readLedger(on);
  const lost = open.filter(({ rotation, verb }) => rotation === on.job.rotation && verb === 'mint');
  const { attemptMs } = on.job.credential.limits;
  const untilMs = Math.max(0, ...lost.map(({ at }) => Date.parse(at) + attemptMs + propagationMs));
  waitUntil(on, untilMs, 'keys');
}

function waitUntil(on: Bench, untilMs: number, what: string): void {
  const leftMs = untilMs - on.ctx.now();
  if (leftMs <= 0) return;
  throw new KeyturnError('transient', `${what}: an earlier change may still be under way`, { retryAfterMs: leftMs });
}

/** When whoever was cut off has no attempt any more: a rotation that did not close, or this one before its reset. */
function othersOverMs(on: Bench, { entries }: Ledger): number {
  const closed = new Set(entries.filter(({ kind }) => kind === 'close').map(({ rotation }) => rotation));
  const [runId] = on.attempt.call.split('/');
  const told = new Set(
    entries.filter(({ inferred, kind }) => kind === 'result' && !inferred).map(({ effect }) => effect),
  );
  const isStored = ({ effect, rotation }: AuditEntry) => rotation.startsWith(storedBy) && told.has(effect);
  const cutOff = (entry: AuditEntry) => {
    const { effect, inferred, kind, rotation } = entry;
    const isEffect = kind === 'intent' || (kind === 'result' && !inferred);
    const isOwn = rotation === on.job.rotation && effect.includes(`/${runId}/`);
    return isEffect && !closed.has(rotation) && !isOwn && !isStored(entry);
  };
  const last = entries.filter(cutOff).map(({ at }) => Date.parse(at));
  return Math.max(0, ...last) + on.job.credential.limits.attemptMs;
}

/** Fills in the result of an attempt to mint that nobody heard of. */
export async function inferMade(on: Bench, effect: string | undefined, key: Key): Promise<void> {
  if (effect !== undefined) await infer(on, effect, { verb: 'mint', outcome: 'done', subject: key.id });
}

/**
 * Fills in what earlier rotations intended and left without a result.
 * @returns what was found, in words.
 */
export async function inferLost(on: Bench, keys: readonly Key[], held: readonly KeyId[]): Promise<string[]> {
  // Its own as well, when it looks again after a reset: what it made before and nobody heard of.
  const open = (await readLedger(on)).open.filter(
    ({ rotation, verb }) => rotation !== on.job.rotation || verb === 'mint',
  );
  if (open.length === 0) return [];
  const { ours, unclear } = await attribute(
    on,
    keys.filter((key) => !held.includes(key.id)),
  );
  const found = new Map(ours.flatMap(({ key, effect }) => (effect === undefined ? [] : [[effect, key.id] as const])));
  const words: string[] = [];
  for (const { at, effect, verb, subject } of open) {
    // Which of these an attempt made is for a person to say: the intent stays open.
    if (verb === 'mint' && unclear.length > 0 && !found.has(effect)) continue;
    // It may still be under way.
    if (verb === 'mint' && !found.has(effect) && on.ctx.now() < overMs(on, at)) continue;
    const key = found.get(effect);
    if (key !== undefined) await infer(on, effect, { verb, outcome: 'done', subject: key });
    else await infer(on, effect, { verb, outcome: 'unknown', ...(subject === undefined ? {} : { subject }) });
    words.push(`${verb} ${subject ?? ''}: ${key === undefined ? 'result unknown' : `made ${key}`}`);
  }
  return words;
}

/** At the end of a rotation nothing of it stays open. */
export async function inferRest(on: Bench): Promise<void> {
  const open = (await readLedger(on)).open.filter((entry) => entry.rotation === on.job.rotation);
  for (const { effect, verb, subject } of open) {
    await infer(on, effect, { verb, outcome: 'unknown', ...(subject === undefined ? {} : { subject }) });
  }
}

type Inferred = Pick<AuditEntry, 'verb' | 'outcome' | 'subject'>;

async function infer(on: Bench, effect: string, found: Inferred): Promise<void> {
  const { job, ctx, deps } = on;
  await appendOnce(deps.sink, {
    credential: job.credential.id,
    // The rotation that intended it: an effect's id begins with it.
    rotation: effect.slice(0, effect.indexOf('/')),
    at: new Date(ctx.now()).toISOString(),
    kind: 'result',
    effect,
    inferred: true,
    ...found,
  });
}
