import type { Context, Key, KeyId, KeyValue, NewKey, Provider, ProviderPowers } from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';
import type { World } from './world.ts';

/**
 * `mints`: the provider makes keys. `logins`: two places, of which one is idle. `in place`: one place. `stored`: nobody issues the
 * value, and those who accept it are told. `by hand`: people make and revoke its keys.
 */
export const providerKinds = ['mints', 'logins', 'in place', 'stored', 'by hand'] as const;
export type ProviderKind = (typeof providerKinds)[number];

export interface ProviderShape {
  kind: ProviderKind;
  disables: boolean;
  tellsUse: boolean;
  keysMax?: number;
  propagationMs: number;
  lastUsedMs: number;
}

export function powersOf(shape: ProviderShape): ProviderPowers {
  const { disables, keysMax, kind, lastUsedMs, propagationMs, tellsUse } = shape;
  const beside = kind === 'mints' || kind === 'logins';
  return {
    order: kind === 'in place' ? 'in-place' : 'make-before-break',
    chooses: kind !== 'mints' && kind !== 'by hand',
    ...(kind === 'by hand' ? { byHand: {} } : {}),
    verifies: kind !== 'stored',
    disables: beside && disables,
    tellsUse: beside && tellsUse,
    ...(beside && tellsUse ? { lastUsedLagMs: lastUsedMs } : {}),
    ...(kind === 'mints' && keysMax !== undefined ? { keysMax } : {}),
    ...(kind === 'logins' ? { keysMax: 2 } : {}),
    propagationMsMax: kind === 'stored' ? 0 : propagationMs,
  };
}

export function openProvider(world: World): Provider {
  const { kind } = world.shape.provider;
  const powers = powersOf(world.shape.provider);
  const through = world.network.call.bind(world.network);
  return {
    identify: async (_ctx, { value }) => world.identify(value?.reveal()),
    inventory: (_ctx, held) => through('inventory', () => inventory(world, held)),
    verify: (_ctx, { value }) => through('verify', () => verdictOn(world, world.identify(value?.reveal()))),
    remove: (_ctx, key) => through('remove', () => world.provider.remove(key), world.strangers.atProvider),
    smokeTest: (_ctx, { value }) =>
      through('smoke test', () => {
        if (world.failsSmokeTest(world.identify(value?.reveal())))
          throw new KeyturnError('invalid', 'a smoke test failed');
      }),
    ...(kind === 'mints' && { mint: () => through('mint', () => mint(world), world.strangers.atProvider) }),
    ...(powers.chooses && { choose: async (ctx: Context, { held }) => choose(world, ctx, held) }),
    ...((kind === 'logins' || kind === 'in place') && {
      apply: (_ctx: Context, chosen: NewKey, expected: Key | undefined) =>
        through('apply', () => world.provider.apply(chosen, expected), world.strangers.atProvider),
    }),
    ...(powers.disables && {
      disable: (_ctx, key) =>
        through('disable', () => world.provider.setState(key, 'disabled'), world.strangers.atProvider),
      enable: (_ctx, key) =>
        through('enable', () => world.provider.setState(key, 'active'), world.strangers.atProvider),
    }),
  };
}

function inventory(world: World, held: readonly KeyId[]): Key[] {
  if (['stored', 'by hand'].includes(world.shape.provider.kind))
    return [...new Set(held)].map((id) => ({ id, state: 'active' }));
  return world.provider.listed();
}

function verdictOn(world: World, id: KeyId | 'unknown'): { verdict: 'accepted' | 'refused'; answer: string } {
  const accepted = world.keys.acceptedBy(id, world.nextServer());
  if (accepted) world.verified.add(id);
  return { verdict: accepted ? 'accepted' : 'refused', answer: accepted ? 'welcome' : 'who are you' };
}

function keyValue(user: string, secret: string): KeyValue {
  return { user: new Secret(user), value: new Secret(secret) };
}

function mint(world: World): NewKey {
  const { keysMax } = powersOf(world.shape.provider);
  if (keysMax !== undefined && world.keys.present().length >= keysMax) {
    throw new KeyturnError('limit', `there are ${keysMax} keys already`);
  }
  const { id, secret } = world.provider.make('keyturn');
  return { key: { id, state: 'active' }, value: keyValue(id, secret) };
}

function choose(world: World, ctx: Context, held: KeyId): NewKey {
  const secret = world.newSecret(Buffer.from(ctx.random(12)).toString('hex'));
  const place = world.provider.placeFor(held);
  const id = world.nameKey(secret, place?.name);
  return {
    key: { id, state: 'active', ...(place ? { etag: place.etag } : {}) },
    value: keyValue(place?.name ?? 'app', secret),
  };
}
