import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  type SignalDefinition,
  type WithWorkflowArgs,
  type Workflow,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  patched,
  proxyActivities,
  setCurrentDetails,
  startChild,
  TimeoutFailure,
  upsertSearchAttributes,
  uuid4,
} from '@temporalio/workflow';
import type { Activities, News, SearchValues } from '../contract/index.ts';
import { isErrorKind, KeyturnError, searchAttributes } from '../contract/index.ts';

/** From a rotation to whom a request names. */
export const newsSignal = defineSignal<[News]>('news');

/** How one activity is called. */
export interface CallOptions {
  /** One line for the reader of the history. */
  summary: string;
  /** One attempt. */
  attemptMs: number;
  /** All attempts together; absent: retried until it succeeds or the error is final. */
  totalMs?: number;
  /** Wait between attempts, at first and at the most. */
  retryMs: number;
  retryMsMax: number;
}

export interface Cancellable<T> {
  result: Promise<T>;
  cancel(): void;
}

/**
 * All that the rotation takes from the engine. The same table and saga run on any implementation of it: on Temporal
 * here, under virtual time in the simulator.
 */
export interface Engine {
  /** Epoch milliseconds, the same at every replay. */
  now(): number;
  uuid(): string;
  /** Resolves to true when `test` holds, to false after `ms`. */
  condition(test: () => boolean, ms?: number): Promise<boolean>;
  /** Errors of activities come as KeyturnError, whatever the engine wraps them in. */
  activities(options: CallOptions): Activities;
  /** Starts reads that can be let go of; the effects of an activity are never waited for after `cancel`. */
  cancellable<T>(work: () => Promise<T>): Cancellable<T>;
  /** What a reader of the running rotation sees first. */
  describe(markdown: string): void;
  searchable(values: SearchValues): void;
  /** Tells another workflow. @returns false where none of this id is open. */
  tell(workflowId: string, news: News): Promise<boolean>;
  log(message: string, fields: Record<string, unknown>): void;
  /** Does it go about this in the newer way? Not where it began before that was there: it goes on as it began (decision 17). */
  patched(change: string): boolean;
}

/** @param taskQueue the queue of the credential's site; absent: the workflow's own. */
export function temporalEngine(taskQueue?: string): Engine {
  return {
    now: () => Date.now(),
    uuid: () => uuid4(),
    condition: async (test, ms) => {
      if (ms === undefined) return condition(test).then(() => true);
      return ms <= 0 ? test() : condition(test, ms);
    },
    activities: (options) => unwrapped(proxied(options, taskQueue)),
    cancellable: (work) => {
      const scope = new CancellationScope();
      return { result: scope.run(work), cancel: () => scope.cancel() };
    },
    describe: setCurrentDetails,
    searchable: (values) => upsertSearchAttributes(searchPairs(values)),
    tell: (workflowId, news) => CancellationScope.nonCancellable(() => tell(workflowId, newsSignal, news)),
    log: (message, fields) => log.info(message, fields),
    patched,
  };
}

function proxied(options: CallOptions, taskQueue: string | undefined): Activities {
  return proxyActivities<Activities>({
    ...(taskQueue === undefined ? {} : { taskQueue }),
    summary: options.summary,
    startToCloseTimeout: options.attemptMs,
    heartbeatTimeout: Math.min(options.attemptMs, 10_000),
    ...(options.totalMs === undefined ? {} : { scheduleToCloseTimeout: options.totalMs }),
    retry: {
      initialInterval: options.retryMs,
      maximumInterval: options.retryMsMax,
      backoffCoefficient: 2,
    },
  });
}

type AnyActivity = (input: unknown) => Promise<unknown>;

function unwrapped(activities: Activities): Activities {
  return new Proxy(activities, {
    get(target, name: string) {
      const call = target[name as keyof Activities] as AnyActivity;
      return async (input: unknown) => {
        try {
          return await call(input);
        } catch (error) {
          throw isCancellation(error) ? error : asKeyturnError(name, error);
        }
      };
    },
  });
}

function asKeyturnError(activity: string, error: unknown): unknown {
  if (!(error instanceof ActivityFailure)) return error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure && isErrorKind(cause.type)) {
    const [details] = (cause.details ?? []) as [{ fix?: string }?];
    return new KeyturnError(cause.type, cause.message, details?.fix === undefined ? {} : { fix: details.fix });
  }
  if (cause instanceof TimeoutFailure) return outOfTime(activity, cause);
  return new KeyturnError('transient', `${activity}: ${cause?.message ?? error.message}`);
}

/** As the engine has to hear of it: anything else that is thrown would be tried for ever. */
export function asFailure({ fix, kind, message }: KeyturnError): ApplicationFailure {
  const details = fix === undefined ? {} : { details: [{ fix }] };
  return ApplicationFailure.create({ type: kind, message, nonRetryable: true, ...details });
}

/** Where it was tried until its time was over, what the last try said: the SDK keeps that in the server's own failure only. */
function outOfTime(activity: string, { failure, timeoutType }: TimeoutFailure): KeyturnError {
  const { applicationFailureInfo, message } = failure?.cause ?? {};
  if (message && isErrorKind(applicationFailureInfo?.type)) {
    const fix = 'see that the system is up and that the worker reaches it; then rotate again';
    return new KeyturnError(applicationFailureInfo.type, message, { fix });
  }
  return new KeyturnError('transient', `${activity}: no answer in time (${timeoutType})`, {
    fix: 'see that a worker for this task queue runs and reaches the system',
  });
}

/** Who starts it may end as it will: it goes on. @returns undefined where one of this id is open already. */
export async function startApart<W extends Workflow>(
  type: string,
  given: WithWorkflowArgs<W, ChildWorkflowOptions>,
): Promise<ChildWorkflowHandle<W> | undefined> {
  const parentClosePolicy = ParentClosePolicy.ABANDON;
  const cancellationType = ChildWorkflowCancellationType.ABANDON;
  const options: typeof given = { ...given, parentClosePolicy, cancellationType };
  try {
    return await startChild<W>(type, options);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** @returns false where no open workflow of this id hears it. */
export async function tell<Message>(
  workflowId: string,
  signal: SignalDefinition<[Message]>,
  message: Message,
): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(signal, message);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

export function searchPairs(values: SearchValues): SearchAttributePair[] {
  return Object.entries(values).map(([name, value]) => ({
    key: defineSearchAttributeKey(searchAttributes[name as keyof typeof searchAttributes], 'KEYWORD'),
    value,
  }));
}
