import type { AuditEntry, AuditSink } from '../../contract/index.ts';
import type { EffectLog } from '../guard.ts';
import { appendOnce } from './chain.ts';

export interface EffectScope {
  sink: AuditSink;
  credential: string;
  rotation: string;
  /** The engine's name for the call, the same for its attempts. */
  call: string;
  attempt: number;
  /** Epoch milliseconds. */
  now(): number;
  /** Read when an intent is written. */
  notes: Readonly<Record<string, unknown>>;
}

/** Intent before, exactly one result after: of several attempts of one call, the first writes the intent, the last the result. */
export function auditEffects(scope: EffectScope): EffectLog {
  const { sink, credential, rotation } = scope;
  const intents = new Map<string, AuditEntry>();
  const base = () => ({ credential, rotation, at: new Date(scope.now()).toISOString() });
  return {
    async intent(verb, subject, repeats) {
      const effect = [rotation, verb, subject, scope.call, ...(repeats ? [scope.attempt] : [])].join('/');
      const detail = Object.keys(scope.notes).length > 0 ? { detail: { ...scope.notes } } : {};
      const intent: AuditEntry = { ...base(), kind: 'intent', effect, verb, subject, ...detail };
      await appendOnce(sink, intent);
      intents.set(effect, intent);
      return effect;
    },
    async result(effect, outcome, subject, detail) {
      const intent = intents.get(effect);
      if (!intent) throw new TypeError(`no intent stands before the result of ${effect}`);
      const about = subject ?? intent.subject;
      await appendOnce(sink, {
        ...base(),
        kind: 'result',
        effect,
        verb: intent.verb,
        outcome,
        ...(about === undefined ? {} : { subject: about }),
        ...(detail === undefined ? {} : { detail }),
      });
    },
  };
}
