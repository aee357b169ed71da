import type { AuditRecord, Evidence, Instant, RotationEnd } from '../../contract/index.ts';

/** What the records of one rotation say, for people: nothing stands in it that does not follow from them. */
export interface BundleSummary {
  /** Null while it is open, where it was ended by force, and for what is no rotation: a value that was stored by hand. */
  end: RotationEnd | null;
  /** For each key that went, what let it go. */
  evidence: readonly Evidence[];
  /** Who asked for what, and who decided what. */
  people: readonly Said[];
  effects: readonly Effect[];
}

export interface Said {
  seq: number;
  at: Instant;
  kind: 'request' | 'decision';
  verb: string;
  by: string | null;
  detail: Readonly<Record<string, unknown>> | null;
}

/** One change at a provider or vault. */
export interface Effect {
  effect: string;
  verb: string;
  subject: string | null;
  intendedAt: Instant;
  settledAt: Instant | null;
  /** `open`: its result is not known. */
  outcome: 'done' | 'failed' | 'unknown' | 'open';
  /** A later reader filled the result in. */
  inferred: boolean;
}

export function summaryOf(records: readonly AuditRecord[]): BundleSummary {
  const close = records.findLast(({ entry }) => entry.kind === 'close')?.entry.detail;
  return {
    end: (close?.end as RotationEnd | undefined) ?? null,
    evidence: (close?.evidence as readonly Evidence[] | undefined) ?? [],
    people: records.flatMap(saidIn),
    effects: effectsIn(records),
  };
}

function saidIn({ seq, entry }: AuditRecord): Said[] {
  const { at, by, detail, kind, verb } = entry;
  if (kind !== 'request' && kind !== 'decision') return [];
  return [{ seq, at, kind, verb, by: by ?? null, detail: detail ?? null }];
}

function effectsIn(records: readonly AuditRecord[]): Effect[] {
  const effects = new Map<string, Effect>();
  for (const { entry } of records) {
    const { at, effect, inferred, kind, outcome, subject, verb } = entry;
    const known = effects.get(effect);
    if (kind === 'intent' && !known) {
      const unsettled = { settledAt: null, outcome: 'open', inferred: false } as const;
      effects.set(effect, { effect, verb, subject: subject ?? null, intendedAt: at, ...unsettled });
    }
    if (kind === 'result' && known) {
      const settled = { settledAt: at, outcome: outcome ?? 'unknown', inferred: inferred ?? false };
      effects.set(effect, { ...known, ...settled, subject: subject ?? known.subject });
    }
  }
  return [...effects.values()];
}
