import type { KeyId } from '../../contract/index.ts';
import type { WorldEvent } from './events.ts';
import { powersOf } from './provider.ts';
import type { World } from './world.ts';

/** Those of the design, by name. The first ones are looked at after every event, the others at the end of a rotation. */
export const invariantNames = [
  'current works',
  'current moves to what was verified',
  'no key goes without evidence',
  'no strangers',
  'no plaintext',
  'every effect is audited',
  'touch only what was read',
  'never back to a leaked key',
  'consumers are told what is served',
  'no orphans',
  'known end',
  'whoever asked hears',
  'no way back past the pivot',
  'one at a time',
  'replays alike',
  'no surprise',
  'operators can leave',
] as const;
export type InvariantName = (typeof invariantNames)[number];

export function watch(world: World, event: WorldEvent): void {
  if (event.what === 'key') watchKey(world, event);
  if (event.what === 'current') watchCurrent(world, event);
  if (event.what === 'told') watchTold(world, event);
  currentWorks(world, event);
}

type Of<What extends WorldEvent['what']> = Extract<WorldEvent, { what: What }>;

function watchKey(world: World, { by, key, made, state }: Of<'key'>): void {
  if (by === 'person' && state === 'gone' && world.toRevoke.has(key)) watchGoing(world, key);
  if (by !== 'keyturn') return;
  const verbs = made
    ? ['mint', 'apply']
    : state === 'gone'
      ? ['remove', 'apply']
      : [state === 'active' ? 'enable' : 'disable'];
  const about = (subject: string) => subject === key || verbs.includes('apply') || verbs.includes('mint');
  if (!world.audit.intended(verbs, about))
    world.violate('every effect is audited', `${verbs[0]} ${key} without an intent`);
  if (state === 'active' && !made && isBarred(world, key))
    world.violate('never back to a leaked key', `enabled ${key}`);
  if (state !== 'active') watchGoing(world, key);
  if (made && world.shape.provider.kind === 'mints') watchMade(world, key);
}

/** What has begun before the compromise was known is under way. */
function isBarred(world: World, key: KeyId): boolean {
  const sinceMs = world.barred.get(key);
  return sinceMs !== undefined && (world.network.acting?.startedMs ?? world.clock.now()) > sinceMs;
}

/** Between looking and asking for a new one. */
const lookingMs = 8_000;

/** A rotation looks for what it has lost before it makes another. */
function watchMade(world: World, made: KeyId): void {
  const { rotation } = world.keys.get(made);
  const lost = world.keys
    .present()
    .find(({ id, rotation: by }) => id !== made && by !== undefined && by === rotation && !world.everServed.has(id));
  const lookedMs = (world.network.acting?.sentMs ?? 0) - lookingMs;
  if (lost && lost.createdMs + world.shape.provider.propagationMs < lookedMs) {
    world.violate('no orphans', `${made} is made although ${lost.id}, made before, is listed`);
  }
}

/** Clocks of a provider and of ours differ by so much at the most. */
const skewMs = 30_000;

/**
 * Nothing tells a stranger's key from one of ours where it was made in the time of an attempt to mint of which nobody heard, nobody has
 * used it, and there is no other.
 */
function passesForOurs(world: World, key: KeyId): boolean {
  const { createdMs, uses } = world.keys.get(key);
  const told = world.audit.entries.filter(({ kind, inferred }) => kind === 'result' && !inferred);
  const lost = world.audit.entries.filter(
    ({ effect, kind, verb }) =>
      kind === 'intent' && verb === 'mint' && !told.some((result) => result.effect === effect),
  );
  const { attemptMs } = world.network;
  return (
    uses.length === 0 &&
    lost.some(({ at }) => Math.abs(createdMs - Date.parse(at) - attemptMs / 2) <= attemptMs / 2 + skewMs)
  );
}

/** A key is refused from now on. */
function watchGoing(world: World, key: KeyId): void {
  const isStrangers = world.keys.get(key).by === 'person' && !world.mayGo.has(key);
  if (isStrangers && !passesForOurs(world, key)) world.violate('no strangers', `${key} is not ours`);
  const isWaived = world.leaked.has(key) && world.clock.now() >= world.leakDeadlineMs;
  if (!world.everServed.has(key) || isInPlace(world) || isWaived) return;
  for (const { instances, shape } of world.consumers.values()) {
    if (!shape.required || shape.role !== 'uses' || world.waived.has(shape.name)) continue;
    for (const { name, uses } of instances) {
      if (uses === key) world.violate('no key goes without evidence', `${name} still uses ${key}`);
    }
  }
  if (!powersOf(world.shape.provider).tellsUse || world.waived.has('last use')) return;
  const users = world.keys.usedNow(key);
  if (users.length > 0) world.violate('no key goes without evidence', `${users.join(', ')} still uses ${key}`);
}

function watchCurrent(world: World, { by, from, over, target }: Of<'current'>): void {
  if (by !== 'keyturn') return;
  const key = world.serving(target);
  if (over === 'foreign')
    world.violate('touch only what was read', `${target}: somebody else's version was overwritten`);
  const named = (subject: string) => subject.startsWith(`${target}/`);
  if (!world.audit.intended(['write', 'moveCurrent'], named)) {
    world.violate('every effect is audited', `${target} serves ${key} without an intent`);
  }
  if (isBarred(world, key) && from !== 'unknown' && !world.leaked.has(from)) {
    world.violate('never back to a leaked key', `${target} serves ${key} again`);
  }
  const isIssued = world.shape.provider.kind !== 'stored';
  if (isIssued && !world.verified.has(key) && !world.broken.has(key)) {
    world.violate('current moves to what was verified', `${target} serves ${key}, which nobody has tried`);
  }
}

function watchTold(world: World, { change, consumer }: Of<'told'>): void {
  const { scheduledMs = Number.POSITIVE_INFINITY } = world.network.acting ?? {};
  // A message of a rotation that was cut off may still be under way.
  if (change.verb !== 'use' || scheduledMs < world.cutOffMs) return;
  const side = world.target(change.target);
  const served = world.serving(change.target);
  const foreign = side.by(side.current) === 'person' && side.versions.size > 1;
  if (served !== change.keyId && !foreign) {
    world.violate('consumers are told what is served', `${consumer}: ${change.keyId}, but ${served} is served`);
  }
}

/** In place there is a gap by nature; what persons have done is theirs. */
function currentWorks(world: World, event: WorldEvent): void {
  if (event.what === 'told' || event.what === 'loaded' || isInPlace(world)) return;
  for (const name of world.targets.keys()) {
    const why = world.refusedAt(name);
    if (why !== undefined) world.violate('current works', `${name}: ${why}`);
  }
}

function isInPlace(world: World): boolean {
  return world.shape.provider.kind === 'in place';
}
