import { Context } from '@temporalio/activity';
import { type ActivityInboundCallsInterceptor, Worker, type WorkerOptions } from '@temporalio/worker';
import { loadAudit, loadConsumer, loadProvider, loadVault } from '../../../connectors/load.ts';
import type { AuditConnector, AuditRecord, AuditSink, VaultConnector } from '../../../contract/index.ts';
import type { Loaders } from '../../../workers/worker.ts';
import { type Boundary, isRead, type Point } from './points.ts';

/** Stands at the point until it is known what becomes of the process. */
export type Stop = (call: string, boundary: Boundary) => Promise<void>;

/** @param ask says whether the process dies here. */
export function stopper(ask: (point: Point) => Promise<boolean>): Stop {
  return async (call, boundary) => {
    const context = currentActivity();
    if (context === undefined) return;
    const { activityId, activityType: activity, attempt, workflowExecution } = context.info;
    const credential = workflowExecution?.workflowId.replace(/^rotation\//, '') ?? '';
    const rotation = workflowExecution?.runId ?? '';
    if (await ask({ credential, rotation, activityId, attempt, activity, call, boundary })) {
      process.kill(process.pid, 'SIGKILL');
      // The signal is on its way: nothing more is to happen here.
      await new Promise(() => {});
    }
  };
}

function currentActivity(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}

/** Computes, and asks nobody. */
const passing = new Set(['identify']);

/** The real connectors, each call of which passes the points around it. */
export function hookedLoaders(stop: Stop): Loaders {
  return {
    loadProvider: async (name) => hooked(await loadProvider(name), stop),
    loadVault: async (name) => soonSeen(hooked(await loadVault(name), stop)),
    loadConsumer: async (name) => hooked(await loadConsumer(name), stop),
    loadAudit: async (name) => hookedAudit(await loadAudit(name), stop),
  };
}

const propagationMsMax = 1_000;

/** The doubles show a change at once: a rotation need not wait for minutes until the one before it is seen everywhere. */
function soonSeen(connector: VaultConnector): VaultConnector {
  const powers: VaultConnector['powers'] = (config) => {
    const declared = connector.powers(config);
    return { ...declared, propagationMsMax: Math.min(declared.propagationMsMax, propagationMsMax) };
  };
  return { ...connector, powers };
}

interface Openable {
  name: string;
  open(config: never): object;
}

function hooked<Connector extends Openable>(connector: Connector, stop: Stop): Connector {
  return { ...connector, open: (config: never) => hookedSystem(connector.name, connector.open(config), stop) };
}

function hookedSystem(name: string, system: object, stop: Stop): object {
  return new Proxy(system, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property, target);
      if (typeof method !== 'function' || passing.has(String(property))) return method;
      const call = `${name}.${String(property)}`;
      return async (...args: unknown[]) => {
        await stop(call, 'before');
        const result: unknown = await Reflect.apply(method, target, args);
        if (!isRead(call)) await stop(call, 'after');
        return result;
      };
    },
  });
}

function hookedAudit(connector: AuditConnector, stop: Stop): AuditConnector {
  return {
    ...connector,
    async open(location) {
      const sink = await connector.open(location);
      const append = async (record: AuditRecord, expectedSeq: number) => {
        const done = await sink.append(record, expectedSeq);
        const { kind, verb } = record.entry;
        // After an intent the worker stands where it stands before the effect.
        if (done && kind !== 'intent') await stop(`audit.${kind} ${verb}`, 'recorded');
        return done;
      };
      return delegating(sink, append);
    },
  };
}

function delegating(sink: AuditSink, append: AuditSink['append']): AuditSink {
  return {
    append,
    read: (credential, fromSeq) => sink.read(credential, fromSeq),
    last: (credential) => sink.last(credential),
    credentials: () => sink.credentials(),
    close: () => sink.close(),
  };
}

/** The product offers no place after an activity's return: it is taken where the worker is made. */
export function stopAtReturns(stop: Stop): void {
  const create = Worker.create.bind(Worker);
  const returning: ActivityInboundCallsInterceptor = {
    async execute(input, next) {
      const result = await next(input);
      await stop('', 'returned');
      return result;
    },
  };
  Worker.create = (options: WorkerOptions) => {
    const { activity = [], ...others } = options.interceptors ?? {};
    const interceptors = { ...others, activity: [() => ({ inbound: returning }), ...activity] };
    return create({ ...options, interceptors });
  };
}
