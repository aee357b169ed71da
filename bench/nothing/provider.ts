import { appendFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import {
  type Context,
  type Key,
  type KeyFields,
  KeyturnError,
  type KeyValue,
  type NewKey,
  type Provider,
  type ProviderConnector,
  Secret,
} from '../../contract/index.ts';
import { readState, writeState } from './state.ts';

/** `logins`: two at once, chosen by Keyturn. `keys`: two at once, minted. `in place`: one, chosen by Keyturn. */
export const kinds = ['logins', 'keys', 'in place'] as const;

const schema = z.strictObject({
  type: z.literal('nothing'),
  kind: z.enum(kinds).default('logins'),
  /** Which keys there are. */
  file: z.string().min(1),
  /** So many are declared; then the calls are counted, too. */
  requestsPerMinute: z.int().min(1).optional(),
});
type Config = z.infer<typeof schema>;

const fields: KeyFields = { all: ['secret'], main: 'secret' };

/** An issuer whose keys are a small file: it has every power, and answers at once. */
export const provider: ProviderConnector<Config> = {
  kind: 'provider',
  name: 'nothing',
  schema: schema as ProviderConnector<Config>['schema'],
  fields: () => fields,
  principals: ({ file }) => [file],
  powers: ({ kind, requestsPerMinute }) => ({
    order: kind === 'in place' ? 'in-place' : 'make-before-break',
    chooses: kind !== 'keys',
    verifies: true,
    disables: kind !== 'in place',
    tellsUse: kind !== 'in place',
    lastUsedLagMs: 0,
    propagationMsMax: 0,
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
  }),
  classify: (error) => (error instanceof KeyturnError ? error.kind : undefined),
  open: (config) => (config.requestsPerMinute === undefined ? open(config) : counted(open(config), config.file)),
};

const callsFile = (file: string) => `${file}.calls`;

/** How many calls of the provider of this file there have been, as a limit counts them. */
export function callsOf(file: string): number {
  return statSync(callsFile(file), { throwIfNoEntry: false })?.size ?? 0;
}

/** These compute, and ask nobody. */
const free: readonly unknown[] = ['identify', 'choose'];

/** Each call is one byte. */
function counted(provider: Provider, file: string): Provider {
  return new Proxy(provider, {
    get(port, name) {
      const found: unknown = Reflect.get(port, name);
      if (typeof found !== 'function' || free.includes(name)) return found;
      return (...given: unknown[]) => {
        appendFileSync(callsFile(file), '.');
        return found.apply(port, given);
      };
    },
  });
}

function open({ file, kind }: Config): Provider {
  const keys = () => readState<Key[]>(file, []);
  const put = (key: Key) => writeState(file, [...keys().filter(({ id }) => id !== key.id), key]);
  const setState = async (_ctx: Context, { id }: Key, state: Key['state']) => put({ id, state });
  return {
    identify: async (_ctx, value) => idOf(value),
    inventory: async () => keys().map((key) => ({ ...key, lastUse: 'never' })),
    ...(kind === 'keys' ? { mint: async (ctx) => minted(ctx, put) } : { choose: async (ctx) => chosen(ctx) }),
    ...(kind === 'keys' ? {} : { apply: async (_ctx, { key }) => applied(key) }),
    verify: async (_ctx, value) => {
      const isActive = keys().some(({ id, state }) => id === idOf(value) && state === 'active');
      return { verdict: isActive ? 'accepted' : 'refused', answer: isActive ? '200' : '401' };
    },
    ...(kind === 'in place'
      ? {}
      : {
          disable: (ctx, key) => setState(ctx, key, 'disabled'),
          enable: (ctx, key) => setState(ctx, key, 'active'),
        }),
    remove: async (_ctx, { id }) =>
      writeState(
        file,
        keys().filter((key) => key.id !== id),
      ),
  };

  function applied(key: Key): Key {
    if (kind === 'in place') writeState(file, [key]);
    else put(key);
    return key;
  }
}

function minted(ctx: Context, put: (key: Key) => void): NewKey {
  const made = chosen(ctx);
  put(made.key);
  return made;
}

function chosen(ctx: Context): NewKey {
  const id = `key-${Buffer.from(ctx.random(8)).toString('hex')}`;
  return { key: { id, state: 'active' }, value: { secret: newValue(id, ctx.random(16)) } };
}

/** A value tells which key it is. */
function newValue(id: string, random: Uint8Array): Secret {
  return new Secret(`${id}.${Buffer.from(random).toString('hex')}`);
}

function idOf({ secret }: KeyValue): string | 'unknown' {
  return secret?.reveal().split('.')[0] || 'unknown';
}

/** The key that a credential has before its first rotation. @returns its value. */
export function firstKey(file: string): string {
  const id = 'key-first';
  writeState(file, [{ id, state: 'active' } satisfies Key]);
  return `${id}.first`;
}
