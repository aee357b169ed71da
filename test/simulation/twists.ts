import fc from 'fast-check';
import type { ConsumerShape } from '../world/consumer.ts';
import type { FaultKind } from '../world/faults.ts';
import { powersOf } from '../world/provider.ts';
import type { WorldShape } from '../world/world.ts';
import type { Act, ActKind, Moment, Scenario } from './scenario.ts';

/**
 * What hardly ever comes together by chance, and is where rotators go wrong: two things, one of which is only dangerous at the
 * moment of the other. Each draws a part of a story, the rest is drawn as ever.
 */
type Twist = fc.Arbitrary<Partial<Scenario>>;

const soakMs = 4 * 3_600_000;
/** Whatever else there is, it gets so far. */
const smooth = { approvers: 0, smokeTest: 'passes', request: { urgency: 'routine' }, soakMs } as const;

const at = (kind: ActKind, when: Moment, share = 0): Act => ({ kind, afterCalls: 0, when, share });

const turning = fc.constantFrom<ActKind[]>('rollBack', 'turn red', 'cancel');

/** Back, when the old key is refused already. */
const backInTheSoak: Twist = turning.map((kind) => ({ ...smooth, acts: [at(kind, 'soak')], faults: [] }));

/** Back in the soak, and then it is found that the old key is known to others. */
const leakedWhileGoingBack: Twist = fc
  .tuple(turning, fc.constantFrom<FaultKind[]>('fails', 'throttled', 'denied', 'crash before'), fc.nat({ max: 3 }))
  .map(([kind, fault, times]) => ({
    ...smooth,
    acts: [at(kind, 'soak'), at('compromise', 'undoing')],
    faults: [{ call: 'enable', nth: 0, times, kind: fault }],
  }));

/** By force, with something under way. */
const cutOff = (effects: readonly string[]): Twist =>
  fc
    .record({
      call: fc.constantFrom(...effects),
      kind: fc.constantFrom<ActKind[]>('terminate', 'terminate', 'reset', 'rollBack'),
      nth: fc.nat({ max: 1 }),
      share: fc.nat({ max: 999 }).map((share) => share / 1_000),
    })
    .map(({ call, kind, nth, share }) => ({
      ...smooth,
      acts: [at(kind, 'late call', share)],
      faults: [{ call, nth, times: 1, kind: 'late' }],
    }));

/** Every attempt is answered too late, until the time of the step is over; what was done last happens when it goes back. */
const lateToTheEnd = (effects: readonly string[]): Twist =>
  fc.tuple(fc.constantFrom(...effects), fc.integer({ min: 4, max: 12 })).map(([call, times]) => ({
    ...smooth,
    acts: [],
    faults: [{ call, nth: 0, times, kind: 'late' }],
  }));

/**
 * It forgets that it has made a key since, of which nobody knows. That key is in use, and who uses it takes so long to load another that
 * the deadline of the compromise passes.
 */
const forgottenInACompromise = (world: WorldShape): Twist => {
  const slow = { loadMs: 150_000, deaf: false, fails: false };
  const consumers = world.consumers.map((each) => ({ ...each, instances: each.instances.map(() => slow) }));
  return fc.nat({ max: 300 }).map((share) => ({
    ...smooth,
    world: { ...world, consumers, provider: { ...world.provider, lastUsedMs: 600_000 } },
    request: { urgency: 'compromised' },
    acts: [at('reset', 'last use', share / 1_000)],
    faults: [],
  }));
};

/** It cannot go on where there is no way back. */
const stuckPastThePivot = (calls: readonly string[]): Twist =>
  fc
    .tuple(fc.constantFrom(...calls), fc.constantFrom<FaultKind[]>('fails', 'denied', 'reply lost'))
    .map(([call, kind]) => ({ ...smooth, acts: [], faults: [{ call, nth: 0, times: 1_000_000, kind }] }));

const isWaitedFor = ({ required, role }: ConsumerShape) => required && role === 'uses';

export function twistIn(shape: WorldShape): Twist {
  const powers = powersOf(shape.provider);
  const making = shape.provider.kind === 'mints' ? ['mint'] : powers.chooses && powers.verifies ? ['apply'] : [];
  const served = shape.targets.map(({ name, staging }) => `${staging ? 'move' : 'write'} ${name}`);
  const effects = [...making, ...served, ...(powers.disables ? ['disable'] : [])];
  return fc.oneof(
    { weight: 2, arbitrary: cutOff(effects) },
    { weight: 2, arbitrary: lateToTheEnd(effects) },
    { weight: 1, arbitrary: stuckPastThePivot(['remove', ...shape.targets.map(({ name }) => `destroy ${name}`)]) },
    { weight: powers.tellsUse && shape.consumers.some(isWaitedFor) ? 4 : 0, arbitrary: forgottenInACompromise(shape) },
    { weight: powers.disables ? 4 : 0, arbitrary: backInTheSoak },
    { weight: powers.disables ? 4 : 0, arbitrary: leakedWhileGoingBack },
  );
}
