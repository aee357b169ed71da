import { appendOnce } from '../connectors/audit/chain.ts';
import { madeKeys, openIntents } from '../connectors/audit/ledger.ts';
import type { Bench } from '../connectors/open.ts';
import type { AuditEntry, Instant, Key, KeyId, RotationId } from '../contract/index.ts';

/** What the audit says of this credential's keys. */
export interface Ledger {
  made: Map<KeyId, RotationId>;
  /** Keys that a target has been made to serve, or may have been. */
  served: Set<KeyId>;
  /** Intents whose result was lost, by rotation order. */
  open: AuditEntry[];
}

/** Clocks differ between us and a provider; AWS signs requests only within minutes, but synchronised clocks differ by less. */
const skewMs = 30_000;

export async function readLedger(on: Bench): Promise<Ledger> {
  const records = await on.deps.sink.read(on.job.credential.id);
  const entries = records.map((record) => record.entry);
  return {
    made: madeKeys(records),
    served: new Set(entries.filter((entry) => entry.kind === 'intent').flatMap(servedBy)),
    open: openIntents(records).map((record) => record.entry),
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
}

/**
 * Whose are these keys? Ours are those that a result names, and those that can only come from an attempt to mint whose
 * result was lost: not listed before it, made within its time, never used, and no more of them than such attempts.
 */
export async function attribute(on: Bench, strays: readonly Key[]): Promise<Attribution> {
  const { made, open } = await readLedger(on);
  const named = strays.filter((key) => made.has(key.id));
  const rest = strays.filter((key) => !made.has(key.id));
  const lost = open.filter((entry) => entry.verb === 'mint');
  const candidates = rest.filter((key) => lost.some((intent) => fits(on, intent, key)));
  const others = rest.filter((key) => !candidates.includes(key));
  const ours: Attribution['ours'] = named.map((key) => ({ key, effect: undefined }));
  if (candidates.length > lost.length) return { ours, unclear: candidates, others };
  const left = [...lost];
  for (const key of candidates) {
    const at = left.findIndex((intent) => fits(on, intent, key));
    const [intent] = at < 0 ? [] : left.splice(at, 1);
    if (!intent) return { ours, unclear: candidates, others };
    ours.push({ key, effect: intent.effect });
  }
  return { ours, unclear: [], others };
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

/** Fills in the result of an attempt to mint that nobody heard of. */
export async function inferMade(on: Bench, effect: string | undefined, key: Key): Promise<void> {
  if (effect !== undefined) await infer(on, effect, { verb: 'mint', outcome: 'done', subject: key.id });
}

/**
 * Fills in what earlier rotations intended and left without a result.
 * @returns what was found, in words.
 */
export async function inferLost(on: Bench, keys: readonly Key[], held: readonly KeyId[]): Promise<string[]> {
  const open = (await readLedger(on)).open.filter((entry) => entry.rotation !== on.job.rotation);
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
