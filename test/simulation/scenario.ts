import fc from 'fast-check';
import type { Calendar, Request } from '../../contract/index.ts';
import type { ConsumerShape } from '../world/consumer.ts';
import { type Fault, faultKinds } from '../world/faults.ts';
import type { Pace } from '../world/pace.ts';
import type { ProviderShape } from '../world/provider.ts';
import type { WorldShape } from '../world/world.ts';
import { twistIn } from './twists.ts';

/** What somebody does, or what befalls the engine, at one moment. */
export const actKinds = [
  'approve',
  'reject',
  'proceed',
  'rollBack',
  'retry',
  'resolve',
  'request',
  'hurry',
  'compromise',
  'cancel',
  'turn red',
  'crash',
  'terminate',
  'reset',
  'rebuild',
] as const;
export type ActKind = (typeof actKinds)[number];

/** What it waits for, or how it stands. */
export const moments = [
  'approval',
  'consumer',
  'grace',
  'last use',
  'soak',
  'undoing',
  'quarantined',
  'past the pivot',
  /** Something that was called will happen after its time. */
  'late call',
] as const;
export type Moment = (typeof moments)[number];

export interface Act {
  kind: ActKind;
  /** When the world has been called so often. */
  afterCalls: number;
  /** Instead: as soon as the rotation is there. */
  when?: Moment | undefined;
  /** Where there is a choice: which share of it, 0 to 1. */
  share: number;
}

/** A story as data: what there is, what goes wrong, what people do. The same story always ends the same way. */
export interface Scenario {
  /** Draws how long everything takes, and so what comes before what. */
  chance: number;
  world: WorldShape;
  graceMs: number;
  soakMs: number;
  approvers: number;
  smokeTest: 'none' | 'passes' | 'fails for new';
  request: Pick<Request, 'urgency' | 'withinMs'>;
  calendar?: Calendar;
  faults: Fault[];
  acts: Act[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const providerOf = (kind: ProviderShape['kind']): fc.Arbitrary<ProviderShape> =>
  fc.record({
    kind: fc.constant(kind),
    disables: fc.boolean(),
    tellsUse: fc.boolean(),
    ...(kind === 'mints' ? { keysMax: fc.constantFrom(2, 5) } : {}),
    propagationMs: fc.constantFrom(0, 4_000, 9_000),
    lastUsedMs: fc.constantFrom(0, 10 * minuteMs),
  });

const targets = (count: number, isStored: boolean) =>
  fc.tuple(
    ...Array.from({ length: count }, (_, index) =>
      fc.record({
        name: fc.constant(['main', 'second', 'third'][index] ?? 'main'),
        // Without staging a stored value would be served before it is accepted.
        staging: isStored ? fc.constant(true) : fc.boolean(),
        destroys: fc.boolean(),
        propagationMs: fc.constantFrom(0, 0, 5_000),
      }),
    ),
  );

const instance = fc.record({
  loadMs: fc.constantFrom(0, 0, 2_000, 40_000, 5 * minuteMs),
  deaf: fc.constantFrom(false, false, false, false, true),
  fails: fc.constantFrom(false, false, false, false, false, false, false, true),
});

const consumer = (name: string, reads: string, role: 'uses' | 'accepts') =>
  fc.record({
    name: fc.constant(name),
    reads: fc.constant(reads),
    role: fc.constant(role),
    required: role === 'accepts' ? fc.constant(true) : fc.constantFrom(true, true, true, false),
    canary: role === 'accepts' ? fc.constant(0) : fc.constantFrom(0, 0, 1),
    manner:
      role === 'accepts'
        ? fc.constantFrom('told' as const, 'asked' as const)
        : fc.constantFrom('told' as const, 'asked' as const, 'pull' as const),
    instances: fc.array(instance, { minLength: 1, maxLength: 3 }),
  });

const worldOf = (...kinds: ProviderShape['kind'][]): fc.Arbitrary<WorldShape> =>
  fc
    .tuple(fc.constantFrom(...kinds), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 2 }))
    .chain(([kind, targetCount, consumerCount]) => {
      const reads = ['main', 'second'].slice(0, targetCount);
      const users = Array.from({ length: consumerCount }, (_, index) =>
        consumer(`app${index}`, reads[index] ?? 'main', 'uses'),
      );
      const accepters = kind === 'stored' ? [consumer('checker', 'main', 'accepts')] : [];
      return fc.record({
        provider: providerOf(kind),
        targets: targets(targetCount, kind === 'stored'),
        consumers: fc.tuple(...users, ...accepters),
        forgottenMs: fc.constantFrom(0, 0, 0, 3 * hourMs),
        spares: kind === 'mints' ? fc.constantFrom(0, 0, 1) : fc.constant(0),
      });
    });

/** Names of the calls into a world. */
export function callsOf({ consumers, provider, targets: all }: WorldShape): string[] {
  const making = { mints: ['mint'], stored: [], 'by hand': [], logins: ['apply'], 'in place': ['apply'] }[
    provider.kind
  ];
  const verifying = provider.kind === 'stored' ? [] : ['verify'];
  const disabling = provider.disables && making.length > 0 && provider.kind !== 'in place' ? ['disable', 'enable'] : [];
  return [
    ...['inventory', 'remove', 'smoke test', ...making, ...verifying, ...disabling],
    ...all.flatMap(({ name }) => [`read ${name}`, `write ${name}`, `move ${name}`, `destroy ${name}`]),
    ...consumers.filter(({ manner }) => manner !== 'pull').map(({ name }) => `tell ${name}`),
    ...consumers.filter(({ manner }) => manner === 'asked').map(({ name }) => `ask ${name}`),
    ...['intent', 'result', 'decision', 'request', 'close'].map((kind) => `append ${kind}`),
    'read audit',
  ];
}

const faultIn = (shape: WorldShape): fc.Arbitrary<Fault> =>
  fc.record({
    call: fc.constantFrom(...callsOf(shape)),
    nth: fc.nat({ max: 4 }),
    times: fc.constantFrom(1, 1, 1, 2, 1_000_000),
    kind: fc.constantFrom(...faultKinds),
  });

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom(...actKinds),
  afterCalls: fc.nat({ max: 160 }),
  when: fc.constantFrom(undefined, ...moments, 'soak' as const, 'undoing' as const),
  share: fc.nat({ max: 999 }).map((share) => share / 1_000),
});

const storiesIn = (world: fc.Arbitrary<WorldShape>): fc.Arbitrary<Scenario> =>
  world.chain((shape) =>
    fc.record({
      chance: fc.nat(),
      world: fc.constant(shape),
      graceMs: fc.constantFrom(0, hourMs),
      soakMs: fc.constantFrom(0, 4 * hourMs),
      approvers: fc.constantFrom(0, 0, 0, 1, 2),
      smokeTest: fc.constantFrom('none', 'passes', 'passes', 'fails for new' as const),
      request: fc.constantFrom<Scenario['request'][]>(
        { urgency: 'routine' },
        { urgency: 'routine' },
        { urgency: 'expedited' },
        { urgency: 'compromised' },
        { urgency: 'compromised', withinMs: 0 },
      ),
      faults: fc.array(faultIn(shape), { maxLength: 5 }),
      acts: fc.array(act, { maxLength: 4 }),
    }),
  );

const scenariosIn = (world: fc.Arbitrary<WorldShape>): fc.Arbitrary<Scenario> =>
  storiesIn(world).chain((story) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant(story) },
      { weight: 1, arbitrary: twistIn(story.world).map((twist) => ({ ...story, ...twist })) },
    ),
  );

/** The same story, with all that is declared to take time at this pace. */
export function atPace(scenario: Scenario, pace: Pace): Scenario {
  const { world: shape } = scenario;
  const { lastUsedMs, propagationMs } = shape.provider;
  const loading = ({ loadMs, ...rest }: ConsumerShape['instances'][number]) => ({ ...rest, loadMs: pace(loadMs) });
  return {
    ...scenario,
    graceMs: pace(scenario.graceMs),
    soakMs: pace(scenario.soakMs),
    world: {
      ...shape,
      provider: { ...shape.provider, propagationMs: pace(propagationMs), lastUsedMs: pace(lastUsedMs) },
      targets: shape.targets.map((target) => ({ ...target, propagationMs: pace(target.propagationMs) })),
      consumers: shape.consumers.map((each) => ({ ...each, instances: each.instances.map(loading) })),
      forgottenMs: pace(shape.forgottenMs),
    },
  };
}

const drawn = scenariosIn(worldOf('mints', 'mints', 'logins', 'in place', 'stored'));
const byHand = scenariosIn(worldOf('by hand'));
/** Of so many seeds one is of keys that are made by hand. */
const byHandEvery = 11;

/** What the story of a seed is drawn from. */
export function scenariosOf(seed: number): fc.Arbitrary<Scenario> {
  return seed % byHandEvery === 0 ? byHand : drawn;
}

/** The story that belongs to a seed. */
export function scenarioOf(seed: number): Scenario {
  const [drawn] = fc.sample(fc.noBias(scenariosOf(seed)), { seed, numRuns: 1 });
  if (!drawn) throw new Error('nothing was drawn');
  return drawn;
}
