import type {
  Consumer,
  ConsumerConnector,
  Context,
  Discovery,
  ErrorKind,
  KeyFields,
  KeyId,
  KeyValue,
  Provider,
  ProviderConnector,
  Vault,
  VaultConnector,
} from '../contract/index.ts';
import { KeyturnError, retryable, Secret } from '../contract/index.ts';
import type { Paces, Rate } from './pace.ts';
import type { Redactor } from './redact.ts';

/** Where the guard writes down what is about to be changed, and what came of it. */
export interface EffectLog {
  /**
   * @param repeats every attempt has an effect of its own (a key made twice is two keys).
   * @returns the effect's id, the same for every attempt of the same call, unless it repeats.
   */
  intent(verb: string, subject: string, repeats: boolean): Promise<string>;
  result(effect: string, outcome: 'done' | 'failed', subject?: string, detail?: Record<string, unknown>): Promise<void>;
}

export interface Guard {
  ctx: Context;
  redactor: Redactor;
  effects: EffectLog;
  /** Of this process. Absent: nothing is held back. */
  paces?: Paces;
}

interface Call {
  /** The system, for people: `provider postgres`, `target main`. */
  system: string;
  verb: string;
  classify: (error: unknown) => ErrorKind | undefined;
  repeats?: boolean;
  /** What the system declares of calls like this. */
  rate?: Rate | undefined;
}

/** A call that changes nothing. */
async function watch<T>(guard: Guard, call: Call, work: () => Promise<T>): Promise<T> {
  await keepPace(guard, call);
  return observe(guard, call, work);
}

/** Before anything is begun. @throws KeyturnError `rate-limited` with when to come again, where that is not soon. */
async function keepPace({ ctx, paces }: Guard, { rate, system, verb }: Call): Promise<void> {
  if (!rate || !paces) return;
  const turn = paces.take(rate, ctx.now());
  if ('waitMs' in turn) return turn.waitMs > 0 ? ctx.sleep(turn.waitMs) : undefined;
  const why = `${system}: ${verb} is held back: no more than ${rate.perMinute} a minute are declared for ${rate.name}`;
  throw new KeyturnError('rate-limited', why, { retryAfterMs: turn.retryAfterMs });
}

/** Around every call: time it, keep values out of what it throws, give every error its kind. */
async function observe<T>(guard: Guard, call: Call, work: () => Promise<T>): Promise<T> {
  const { ctx } = guard;
  const startedAt = ctx.now();
  ctx.heartbeat(`${call.system}: ${call.verb}`);
  try {
    const result = await orCancelled(ctx, call, work);
    ctx.log.debug(`${call.system}: ${call.verb}`, { duration_ms: ctx.now() - startedAt });
    return result;
  } catch (error) {
    const known = asKeyturnError(guard, call, error);
    ctx.log.info(`${call.system}: ${call.verb} failed`, {
      duration_ms: ctx.now() - startedAt,
      kind: known.kind,
      error: known.message,
    });
    throw known;
  }
}

/** As `watch`, around each page: what comes after a page that failed is not asked for. */
async function* watchPages(guard: Guard, call: Call, pages: Discovery): Discovery {
  const reading = pages[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await watch(guard, call, () => reading.next());
      if (done) return;
      yield value;
    }
  } finally {
    await reading.return?.();
  }
}

/** A connector that does not listen to cancellation is let go of: its effect may still happen, which undo copes with. */
function orCancelled<T>(ctx: Context, call: Call, work: () => Promise<T>): Promise<T> {
  if (ctx.cancelled.aborted) {
    throw new KeyturnError('transient', `${call.system}: ${call.verb} was not begun: its time was over`);
  }
  return new Promise((resolve, reject) => {
    const abort = () =>
      reject(new KeyturnError('transient', `${call.system}: ${call.verb} took too long or was cancelled`));
    ctx.cancelled.addEventListener('abort', abort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => ctx.cancelled.removeEventListener('abort', abort));
  });
}

function asKeyturnError(guard: Guard, call: Call, error: unknown): KeyturnError {
  const scrub = (text: string) => guard.redactor.scrub(text);
  if (error instanceof KeyturnError) {
    return new KeyturnError(error.kind, scrub(error.message), {
      ...(error.fix === undefined ? {} : { fix: scrub(error.fix) }),
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    });
  }
  const kind = call.classify(error) ?? 'transient';
  const message = error instanceof Error ? error.message || error.name : 'unknown error';
  const fix = kind === 'unauthorized' ? { fix: deniedFix } : {};
  return new KeyturnError(kind, `${call.system}: ${call.verb}: ${scrub(message)}`, fix);
}

/** For those systems whose own words name no fix. */
const deniedFix =
  'check the admin reference or credentials that the catalog names for it, what stands there, and what they may do: the ' +
  "connector's README lists the rights that it needs";

/** A change: the intent is written down before it, the result after it. A lost result is left to the next attempt. */
async function change<T>(
  guard: Guard,
  call: Call,
  subject: string,
  work: () => Promise<T>,
  describe: (result: T) => { subject?: string; detail?: Record<string, unknown> } = () => ({}),
): Promise<T> {
  await keepPace(guard, call);
  const effect = await guard.effects.intent(call.verb, subject, call.repeats ?? false);
  let result: T;
  try {
    result = await observe(guard, call, work);
  } catch (error) {
    if (error instanceof KeyturnError && nothingHappened(call, error.kind)) {
      await guard.effects.result(effect, 'failed', undefined, { kind: error.kind, error: error.message });
    }
    throw error;
  }
  const described = describe(result);
  await guard.effects.result(effect, 'done', described.subject, described.detail);
  return result;
}

/**
 * Is this error an answer, so that there is a result? After a lost reply the intent stays open. What repeats has no further
 * attempt at the same effect, so that there a refusal to serve it now is an answer too.
 */
function nothingHappened(call: Call, kind: ErrorKind): boolean {
  if (call.repeats) return kind !== 'transient' && kind !== 'ambiguous';
  return !retryable(kind);
}

function rateAs(system: string, of: string | undefined, perMinute: number | undefined): Rate | undefined {
  return perMinute === undefined ? undefined : { name: of === undefined ? system : `${system} ${of}`, perMinute };
}

function remember(guard: Guard, fields: KeyFields, value: KeyValue): void {
  for (const [field, secret] of Object.entries(value)) if (field !== fields.user) guard.redactor.add(secret);
}

export function guardProvider<Config>(guard: Guard, connector: ProviderConnector<Config>, config: Config): Provider {
  const provider = connector.open(config);
  const fields = connector.fields(config);
  const classify = (error: unknown) => connector.classify(error);
  const { rateOf, requestsPerMinute } = connector.powers(config);
  const rate = rateAs(`provider ${connector.name}`, rateOf, requestsPerMinute);
  const call = (verb: string): Call => ({ system: `provider ${connector.name}`, verb, classify, rate });
  /** Computes, and asks nobody. */
  const computes = (verb: string): Call => ({ ...call(verb), rate: undefined });
  const { apply, choose, disable, discover, enable, mint, prepare, smokeTest } = provider;
  return {
    async identify(ctx, value) {
      remember(guard, fields, value);
      return watch(guard, computes('identify'), () => provider.identify(ctx, value));
    },
    inventory: (ctx, held) => watch(guard, call('inventory'), () => provider.inventory(ctx, held)),
    async verify(ctx, value) {
      remember(guard, fields, value);
      return watch(guard, call('verify'), () => provider.verify(ctx, value));
    },
    remove: (ctx, key) => change(guard, call('remove'), key.id, () => provider.remove(ctx, key)),
    ...(mint && {
      mint: (ctx: Context) =>
        change(
          guard,
          { ...call('mint'), repeats: true },
          'a new key',
          () => mint.call(provider, ctx),
          (made) => {
            remember(guard, fields, made.value);
            return { subject: made.key.id };
          },
        ),
    }),
    ...(choose && {
      choose: async (ctx, standing) => {
        const chosen = await watch(guard, computes('choose'), () => choose.call(provider, ctx, standing));
        remember(guard, fields, chosen.value);
        return chosen;
      },
    }),
    ...(apply && {
      apply: (ctx, chosen, expected) => {
        remember(guard, fields, chosen.value);
        return change(guard, call('apply'), chosen.key.id, () => apply.call(provider, ctx, chosen, expected));
      },
    }),
    ...(disable && {
      disable: (ctx, key) => change(guard, call('disable'), key.id, () => disable.call(provider, ctx, key)),
    }),
    ...(enable && {
      enable: (ctx, key) => change(guard, call('enable'), key.id, () => enable.call(provider, ctx, key)),
    }),
    ...(smokeTest && {
      smokeTest: (ctx, value, test) => {
        remember(guard, fields, value);
        return watch(guard, call('smoke test'), () => smokeTest.call(provider, ctx, value, test));
      },
    }),
    ...(prepare && { prepare: (ctx) => watch(guard, call('prepare'), () => prepare.call(provider, ctx)) }),
    ...(discover && { discover: (ctx) => watchPages(guard, call('discover'), discover.call(provider, ctx)) }),
  };
}

/** @param keyId the key that is written or moved, for the audit. */
export function guardVault<Config>(
  guard: Guard,
  connector: VaultConnector<Config>,
  config: Config,
  target: string,
  keyId?: KeyId,
): Vault {
  const vault = connector.open(config);
  const classify = (error: unknown) => connector.classify(error);
  const { rateOf, writesPerMinute } = connector.powers(config);
  const rate = rateAs(`vault ${connector.name}`, rateOf, writesPerMinute);
  const call = (verb: string): Call => ({ system: `target ${target} (${connector.name})`, verb, classify });
  const writes = (verb: string): Call => ({ ...call(verb), rate });
  const subject = `${target}/${keyId ?? '-'}`;
  const made = (version: { id: string }) => ({ detail: { target, version: version.id, keyId } });
  const { discover, warnings } = vault;
  return {
    async read(ctx, which) {
      const stored = await watch(guard, call('read'), () => vault.read(ctx, which));
      if (stored !== 'absent') guard.redactor.add(stored.value);
      return stored;
    },
    write(ctx, value, expected) {
      guard.redactor.add(value);
      return change(guard, writes('write'), subject, () => vault.write(ctx, value, expected), made);
    },
    moveCurrent: (ctx, to, expected) =>
      change(guard, writes('moveCurrent'), subject, () => vault.moveCurrent(ctx, to, expected), made),
    destroy: (ctx, version) =>
      change(
        guard,
        writes('destroy'),
        `${subject}/${version}`,
        () => vault.destroy(ctx, version),
        () => made({ id: version }),
      ),
    ...(warnings && { warnings: (ctx) => watch(guard, call('warnings'), () => warnings.call(vault, ctx)) }),
    ...(discover && { discover: (ctx) => watchPages(guard, call('discover'), discover.call(vault, ctx)) }),
  };
}

export function guardConsumer<Config>(
  guard: Guard,
  connector: ConsumerConnector<Config>,
  config: Config,
  name: string,
): Consumer {
  const consumer = connector.open(config);
  const classify = (error: unknown) => connector.classify(error);
  const call = (verb: string): Call => ({ system: `consumer ${name}`, verb, classify });
  return {
    refresh: (ctx, told) => watch(guard, call('refresh'), () => consumer.refresh(ctx, told)),
    attested: (ctx, told) => watch(guard, call('attested'), () => consumer.attested(ctx, told)),
  };
}

/** Parts of a value that are secret, found in whatever was resolved for a connector's own use. */
export function secretParts(secret: Secret): Secret[] {
  const text = secret.reveal();
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*?:([^@/?#]*)@/i.exec(text)?.[1];
  if (password === undefined) return [secret];
  return [secret, new Secret(password), new Secret(decoded(password))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
