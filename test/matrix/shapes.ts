import type { Scenario } from '../simulation/scenario.ts';
import type { ConsumerShape } from '../world/consumer.ts';
import { type ProviderKind, type ProviderShape, powersOf, providerKinds } from '../world/provider.ts';
import type { TargetShape } from '../world/vault.ts';
import type { WorldShape } from '../world/world.ts';
import { type Tale, type Turn, turns } from './tale.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

const bothWays = [true, false] as const;
const targetNames = ['main', 'second', 'third'] as const;
const manners: readonly ConsumerShape['manner'][] = ['asked', 'told', 'pull'];

/** How the targets' vaults put a value into use: unseen at first, by its being the newest, or some so and some so. */
const vaults: Record<string, (index: number) => boolean> = {
  staging: () => true,
  newest: () => false,
  mixed: (index) => index % 2 === 0,
};

/** What a rotation can be in, without the faults. */
export interface Shape {
  name: string;
  kind: ProviderKind;
  world: WorldShape;
}

/** Every combination of what a provider, its targets and its consumers can be like. */
export function allShapes(): Shape[] {
  return providerKinds.flatMap((kind) =>
    providersOf(kind).flatMap((provider) =>
      targetNames.flatMap((_, index) =>
        Object.entries(vaults)
          .filter(([vault]) => canServe(kind, vault, index + 1))
          .flatMap(([vault, staging]) =>
            consumersOf(kind).map((consumers) => shapeOf(provider, { vault, staging, count: index + 1 }, consumers)),
          ),
      ),
    ),
  );
}

/** The one of each kind with most in it: two targets, all powers, consumers that are asked. */
export function oneOfEachKind(): Shape[] {
  const all = allShapes();
  return providerKinds.map((kind) => {
    const [most] = all.filter((shape) => shape.kind === kind && shape.world.targets.length === 2);
    if (!most) throw new Error(`there is no shape of ${kind}`);
    return most;
  });
}

/** Those that a rotation can tell apart. */
function providersOf(kind: ProviderKind): ProviderShape[] {
  const each = bothWays.flatMap((disables) =>
    bothWays.map((tellsUse): ProviderShape => {
      const room = kind === 'mints' ? { keysMax: 3 } : {};
      return { kind, disables, tellsUse, ...room, propagationMs: 4 * secondMs, lastUsedMs: 10 * minuteMs };
    }),
  );
  return [...new Map(each.map((shape) => [JSON.stringify(powersOf(shape)), shape])).values()];
}

/** A stored value has to be readable before it is served; and one target alone cannot be mixed. */
function canServe(kind: ProviderKind, vault: string, count: number): boolean {
  if (kind === 'stored') return vault === 'staging';
  return vault !== 'mixed' || count > 1;
}

function consumersOf(kind: ProviderKind): ConsumerShape[][] {
  const users = manners.map((manner) => consumer('app', 'uses', manner));
  if (kind !== 'stored') return users.map((user) => [user]);
  const accepters = (['asked', 'told'] as const).map((manner) => consumer('checker', 'accepts', manner));
  return accepters.flatMap((accepter) => users.map((user) => [user, accepter]));
}

function consumer(name: string, role: ConsumerShape['role'], manner: ConsumerShape['manner']): ConsumerShape {
  const instances = [0, 2 * secondMs].map((loadMs) => ({ loadMs, deaf: false, fails: false }));
  return { name, reads: 'main', role, required: true, canary: role === 'uses' ? 1 : 0, manner, instances };
}

function shapeOf(
  provider: ProviderShape,
  { count, staging, vault }: { count: number; staging: (index: number) => boolean; vault: string },
  consumers: ConsumerShape[],
): Shape {
  const targets = targetNames.slice(0, count).map(
    (name, index): TargetShape => ({
      name,
      staging: staging(index),
      destroys: index !== 1,
      propagationMs: index === 0 ? 0 : 5 * secondMs,
    }),
  );
  const { disables, kind, tellsUse } = provider;
  const told = consumers.map(({ manner, role }) => `${role} ${manner}`).join(', ');
  const powers = [disables ? 'disables' : '', tellsUse ? 'tells use' : ''].filter(Boolean).join(' and ') || 'neither';
  return {
    name: `${kind} (${powers}), ${count} ${vault}, ${told}`,
    kind,
    world: { provider, targets, consumers, forgottenMs: 0, spares: 0 },
  };
}

/** A rotation in a shape, with no fault. */
export function taleIn({ name, world }: Shape, turn: Turn): Tale {
  const scenario: Scenario = {
    chance: 1,
    world: turn === 'a consumer fails' ? { ...world, consumers: world.consumers.map(failing) } : world,
    graceMs: hourMs,
    soakMs: hourMs,
    approvers: 1,
    smokeTest: turn === 'the smoke test fails' ? 'fails for new' : 'passes',
    request: { urgency: 'routine' },
    faults: [],
    acts: [],
  };
  return { shape: name, scenario, turn };
}

/** Those who use the value cannot use a new one. */
function failing(shape: ConsumerShape): ConsumerShape {
  return { ...shape, instances: shape.instances.map((each) => ({ ...each, fails: shape.role === 'uses' })) };
}

/** Those of the turns that a rotation in this shape can meet. */
export function turnsIn({ world }: Shape): Turn[] {
  const { disables } = powersOf(world.provider);
  return turns.filter((turn) => disables || turn !== 'red in the soak');
}
