import { type Attestation, type KeyValue, Secret } from '../../contract/index.ts';
import type { AuditCase, ConsumerCase, Harness, ProviderCase, VaultCase } from '../conformance/harness.ts';
import { testContext } from '../support/context.ts';
import { Chance } from './chance.ts';
import { StoppableClock } from './clock.ts';
import { worldConnectors } from './connectors.ts';
import type { ConsumerShape } from './consumer.ts';
import { always, type FaultKind } from './faults.ts';
import * as plain from './plain.ts';
import type { ProviderShape } from './provider.ts';
import type { TargetShape } from './vault.ts';
import { World, type WorldShape } from './world.ts';

/** The world's doubles, in real time and with lags that a test can wait for: the suites that judge the connectors judge them. */

const id = 'production/orders/DATABASE_URL';
const lagMs = 60;
/** A machine that is busy may keep a test waiting for so long. */
const busyMsMax = 5_000;

const provider = plain.provider({ tellsUse: true });
const target = plain.target('main');
const consumer = plain.consumer('orders', { instances: [plain.instance(), plain.instance()] });

function newWorld(shape: Partial<WorldShape> = {}) {
  const clock = new StoppableClock();
  const world = new World({
    id,
    shape: plain.world({ provider, targets: [target], ...shape }),
    clock,
    chance: new Chance(1),
    latencyMsMax: 0,
    attemptMs: 1_000,
  });
  const tearDown = async () => clock.stop();
  return { world, connectors: worldConnectors(() => world), ctx: testContext(), tearDown };
}

/** The same place, where every call of it meets with a fault. */
function under<Port extends object>({ network }: World, port: Port, kind: FaultKind): Port {
  const faulty =
    (method: (...given: unknown[]) => unknown) =>
    (...given: unknown[]) => {
      network.onCall = (call) => {
        network.faults = [always(call, kind)];
      };
      try {
        // The network decides what becomes of a call while it is made.
        return method(...given);
      } finally {
        network.onCall = () => {};
        network.heal();
      }
    };
  return new Proxy(port, {
    get: (_port, name) => {
      const found: unknown = Reflect.get(port, name);
      return typeof found === 'function' ? faulty(found.bind(port)) : found;
    },
  });
}

function providerCase(name: string, shape: ProviderShape): ProviderCase {
  return {
    name,
    connector: newWorld().connectors.provider,
    async setUp() {
      const { connectors, ctx, tearDown, world } = newWorld({ provider: shape });
      world.begin();
      const config = { type: 'world' as const, world: id };
      const opened = connectors.provider.open(config);
      const wrong = world.newSecret('wrong');
      world.nameKey(wrong, world.provider.places.at(-1)?.name);
      return {
        provider: opened,
        powers: connectors.provider.powers(config),
        ctx,
        knownGood: keyValueOf(world, world.secretOf(world.serving())),
        wrong: keyValueOf(world, wrong),
        ...(shape.kind === 'mints' || shape.kind === 'logins' ? { makeStranger: async () => strangerIn(world) } : {}),
        useAsApplication: async (value) => {
          const stop = world.keys.use(world.identify(value.value?.reveal()), 'orders');
          return { stop: async () => stop() };
        },
        unreachable: under(world, opened, 'fails'),
        denied: under(world, opened, 'denied'),
        tearDown,
      };
    },
  };
}

/** With the login, where there is one. */
function keyValueOf(world: World, secret: string): KeyValue {
  const place = world.provider.places.find(({ name }) => world.identify(secret).startsWith(`${name}/`));
  return { ...(place && { user: new Secret(place.name) }), value: new Secret(secret) };
}

function strangerIn({ keys, strangers }: World): string {
  const before = new Set(keys.all.keys());
  strangers.atProvider();
  return [...keys.all.keys()].find((key) => !before.has(key)) ?? 'none';
}

export const providers: Harness<ProviderCase> = {
  cases: [
    providerCase('mints, at most two', { ...provider, keysMax: 2 }),
    providerCase('mints, with lags', { ...provider, propagationMs: lagMs, lastUsedMs: lagMs }),
    providerCase('mints, and can do no more', { ...provider, keysMax: 5, disables: false, tellsUse: false }),
    providerCase('two logins', { ...provider, kind: 'logins' }),
    providerCase('two logins, with lags', { ...provider, kind: 'logins', propagationMs: lagMs, lastUsedMs: lagMs }),
    providerCase('two logins, and can do no more', { ...provider, kind: 'logins', disables: false, tellsUse: false }),
    providerCase('one login in place', { ...provider, kind: 'in place' }),
    providerCase('one login in place, with lags', { ...provider, kind: 'in place', propagationMs: lagMs }),
    providerCase('stored, nobody to ask', { ...provider, kind: 'stored' }),
  ],
};

function vaultCase(name: string, shape: Partial<TargetShape>): VaultCase {
  return {
    name,
    connector: newWorld().connectors.vault,
    async setUp() {
      const { connectors, ctx, tearDown, world } = newWorld({ targets: [{ ...target, ...shape }] });
      const config = { vault: 'world' as const, world: id, secret: target.name };
      const vault = connectors.vault.open(config);
      return {
        vault,
        again: connectors.vault.open(config),
        powers: { ...connectors.vault.powers(config), propagationMsMax: busyMsMax },
        ctx,
        unreachable: under(world, vault, 'fails'),
        denied: under(world, vault, 'denied'),
        tearDown,
      };
    },
  };
}

export const vaults: Harness<VaultCase> = {
  cases: [
    vaultCase('staging', {}),
    vaultCase('staging that destroys nothing', { destroys: false }),
    vaultCase('the newest wins', { staging: false }),
    vaultCase('the newest wins, and nothing is destroyed', { staging: false, destroys: false }),
  ],
};

function consumerCase(manner: ConsumerShape['manner'], loadMs = 0): ConsumerCase {
  const instances = consumer.instances.map((each) => ({ ...each, loadMs }));
  return {
    name: `world: ${manner}${loadMs > 0 ? ', and takes its time' : ''}`,
    connector: newWorld().connectors.consumer,
    async setUp() {
      const { connectors, ctx, tearDown, world } = newWorld({ consumers: [{ ...consumer, manner, instances }] });
      world.begin();
      const side = world.consumer(consumer.name);
      const opened = connectors.consumer.open({ type: 'world', world: id, called: consumer.name });
      const loseReplies = () => {
        world.network.faults = [always(`tell ${consumer.name}`, 'reply lost')];
      };
      return {
        consumer: opened,
        ctx,
        change: changeIn(world),
        received: () => side.heard,
        attest: (said: readonly Attestation[]) => {
          for (const each of side.instances) each.said = said.filter(({ instance }) => instance === each.name);
        },
        ...(manner !== 'pull' && {
          loseReplies,
          unreachable: under(world, opened, 'fails'),
          denied: under(world, opened, 'denied'),
        }),
        tearDown,
      };
    },
  };
}

function changeIn(world: World) {
  return {
    deliveryId: 'rotation-1/orders/use/K0/1',
    rotation: 'rotation-1',
    credential: id,
    target: target.name,
    verb: 'use' as const,
    keyId: world.serving(),
    version: world.target(target.name).current ?? '',
    previous: 'K-1',
    instances: consumer.instances.length,
  };
}

export const consumers: Harness<ConsumerCase> = {
  cases: [consumerCase('told'), consumerCase('told', lagMs), consumerCase('asked'), consumerCase('pull')],
};

export const audit: Harness<AuditCase> = {
  cases: [
    {
      name: 'in memory',
      async setUp() {
        const { connectors, tearDown } = newWorld();
        const open = () => connectors.audit.open(id);
        return { sink: await open(), reopen: open, tearDown };
      },
    },
  ],
};
