import type { History } from '../client/history.ts';
import type { Call, Waited } from '../client/history-calls.ts';
import type { Said } from '../client/history-messages.ts';
import type { AuditEntry, AuditRecord, Instant, Progress, StepProgress } from '../contract/index.ts';

/** One change at a provider or vault, as the audit has it. */
export interface Effect {
  at: Instant;
  endedAt?: Instant;
  verb: string;
  subject?: string;
  /** `open`: the intent has no result yet. */
  outcome: 'done' | 'failed' | 'unknown' | 'open';
  /** Whoever had the result never wrote it; a later reader filled it in. */
  inferred: boolean;
  error?: string;
}

/** What happened, in one list, each with its beginning. */
export type Happening =
  | ({ kind: 'step' } & Omit<StepProgress, 'startedAt'> & { at: Instant })
  | ({ kind: 'call' } & Call)
  | ({ kind: 'wait' } & Waited)
  | ({ kind: 'message' } & Said)
  | { kind: 'phase'; at: Instant; phase: string }
  | ({ kind: 'effect' } & Effect);

export interface Sources {
  history?: History;
  /** Of this rotation only. */
  records: readonly AuditRecord[];
  progress?: Progress;
}

/** In the order of time; what began at the same instant, as listed here. */
export function timeline({ history, progress, records }: Sources): Happening[] {
  const entries = records.map(({ entry }) => entry);
  const said = history?.said ?? [];
  const happenings: Happening[] = [
    ...[...said, ...unheard(entries, said)].map((each) => ({ kind: 'message' as const, ...each })),
    ...(progress?.steps ?? []).map(({ startedAt, ...step }) => ({ kind: 'step' as const, at: startedAt, ...step })),
    ...(history?.phases ?? []).map((each) => ({ kind: 'phase' as const, ...each })),
    ...(history?.calls ?? []).map((each) => ({ kind: 'call' as const, ...each })),
    ...(history?.waits ?? []).map((each) => ({ kind: 'wait' as const, ...each })),
    ...effectsIn(entries).map((each) => ({ kind: 'effect' as const, ...each })),
  ];
  return happenings.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

export function effectsIn(entries: readonly AuditEntry[]): Effect[] {
  const results = new Map(entries.flatMap((entry) => (entry.kind === 'result' ? [[entry.effect, entry]] : [])));
  return entries
    .filter(({ kind }) => kind === 'intent')
    .map(({ at, effect, subject: meant, verb }) => {
      const result = results.get(effect);
      const subject = result?.subject ?? meant;
      const about = { at, verb, ...(subject !== undefined && { subject }) };
      return result ? { ...about, ...cameOf(result) } : { ...about, outcome: 'open', inferred: false };
    });
}

function cameOf({ at, detail, inferred, outcome }: AuditEntry): Omit<Effect, 'at' | 'verb' | 'subject'> {
  const error = detail?.error;
  return {
    endedAt: at,
    outcome: outcome ?? 'unknown',
    inferred: inferred ?? false,
    ...(typeof error === 'string' && { error }),
  };
}

/** What the audit has of people, and the history does not: all of it where that is gone; decisions of the rotation's own. */
function unheard(entries: readonly AuditEntry[], said: readonly Said[]): Said[] {
  return entries
    .filter(({ kind }) => kind === 'request' || kind === 'decision')
    .map(messageOf)
    .filter((one) => !said.some((each) => each.verb === one.verb && each.by === one.by && each.reason === one.reason));
}

function messageOf({ at, by = 'somebody', detail = {}, from, verb }: AuditEntry): Said {
  const { planHash, reason, urgency, wait } = detail as Partial<Record<string, string>>;
  return {
    ...{ at, verb, by },
    ...(from !== undefined && { from }),
    ...(reason !== undefined && { reason }),
    ...(urgency !== undefined && { urgency }),
    ...(planHash !== undefined && { planHash }),
    ...(wait !== undefined && { wait }),
  };
}
