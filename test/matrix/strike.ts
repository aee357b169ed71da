import { loadAudit, loadConsumer, loadProvider, loadVault } from '../../connectors/load.ts';
import type { AuditConnector, AuditRecord, AuditSink, Context } from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';
import type { Loaders } from '../../workers/worker.ts';
import { isRead } from '../crash/worker/points.ts';
import type { FaultKind } from '../world/faults.ts';

/** One change that a real connector is asked for. */
export interface Effect {
  call: string;
  act(): Promise<unknown>;
  cancelled: AbortSignal | undefined;
  /** Somebody else does the same thing, otherwise; absent where nobody could. */
  stranger?(): Promise<unknown>;
}

/** What becomes of an effect. */
export type Strike = (effect: Effect) => Promise<unknown>;

const broken = (text: string) => new KeyturnError('transient', text);
const retryAfterMs = 300;

export interface StrikeGiven {
  attemptMs: number;
  /** The worker stops, and another one takes over. */
  crash(): void;
}

/** Every kind of fault, as it befalls a call into a real system. */
export function strikes({ attemptMs, crash }: StrikeGiven): Record<FaultKind, Strike> {
  const before = async (error: Error) => {
    throw error;
  };
  const after = async ({ act }: Effect, error: Error) => {
    await act();
    throw error;
  };
  return {
    fails: () => before(broken('no connection')),
    'reply lost': (effect) => after(effect, broken('the connection broke')),
    hangs: async (effect) => {
      await effect.act();
      return never(effect);
    },
    late: (effect) => {
      // When the caller has given up, and the engine not yet.
      setTimeout(() => effect.act().catch(() => {}), attemptMs * 0.97);
      return never(effect);
    },
    throttled: () => before(new KeyturnError('rate-limited', 'HTTP 429', { retryAfterMs })),
    denied: () => before(new KeyturnError('unauthorized', 'no right to do this')),
    garbage: (effect) => after(effect, new Error('an answer that nobody can make sense of')),
    stranger: async ({ act, stranger }) => {
      await stranger?.();
      return act();
    },
    'crash before': (effect) => {
      crash();
      return never(effect);
    },
    'crash after': async (effect) => {
      await effect.act();
      crash();
      return never(effect);
    },
  };
}

/** Nothing is heard of it as long as anybody waits. */
function never({ cancelled }: Effect): Promise<never> {
  return new Promise((_, reject) => {
    cancelled?.addEventListener('abort', () => reject(broken('nobody waits any more')));
  });
}

/** The real connectors, and each change that they are asked for passes through `strike`. */
export function struckLoaders(strike: Strike): Loaders {
  return {
    loadProvider: async (name) => struck(await loadProvider(name), strike),
    loadVault: async (name) => struck(await loadVault(name), strike),
    loadConsumer: async (name) => struck(await loadConsumer(name), strike),
    loadAudit: async (name) => struckAudit(await loadAudit(name), strike),
  };
}

function struck<Connector extends { open(config: never): object }>(connector: Connector, strike: Strike): Connector {
  return { ...connector, open: (config: never) => struckSystem(connector.open(config), strike) };
}

function struckSystem(system: object, strike: Strike): object {
  return new Proxy(system, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property, target);
      const call = `.${String(property)}`;
      if (typeof method !== 'function') return method;
      if (property === 'identify' || isRead(call)) return method.bind(target);
      return (ctx: Context, ...args: unknown[]) => {
        const act = (): Promise<unknown> => Reflect.apply(method, target, [ctx, ...args]);
        const [value, ...others] = args;
        const stranger = () => Reflect.apply(method, target, [ctx, another(value as Secret), ...others]);
        return strike({ call, act, cancelled: ctx.cancelled, ...(property === 'write' ? { stranger } : {}) });
      };
    },
  });
}

/** A value of the same form, with another key in it. */
function another(value: Secret): Secret {
  return new Secret(value.reveal().replaceAll(/\d/g, (digit) => String((Number(digit) + 1) % 10)));
}

function struckAudit(connector: AuditConnector, strike: Strike): AuditConnector {
  return {
    ...connector,
    async open(location) {
      const sink = await connector.open(location);
      const append = (record: AuditRecord, expectedSeq: number) => {
        const act = () => sink.append(record, expectedSeq);
        // The audit's other entries stand around the effects of others.
        if (record.entry.kind !== 'close') return act();
        return strike({ call: '.append', act, cancelled: undefined }) as ReturnType<AuditSink['append']>;
      };
      return {
        append,
        read: (credential, fromSeq) => sink.read(credential, fromSeq),
        last: (credential) => sink.last(credential),
        credentials: () => sink.credentials(),
        close: () => sink.close(),
      };
    },
  };
}
