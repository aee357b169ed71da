import { verifyChain } from '../../connectors/audit/verify.ts';
import type { KeyId, KeyRing, News, RotationEnd } from '../../contract/index.ts';
import { fateOf } from '../../workflows/rotate.ts';
import type { Run } from '../../workflows/run.ts';
import type { World } from '../world/world.ts';
import { ring } from './rig.ts';

/** What has to hold when a rotation has ended: one small check per resource, each says what it found. */
export function checkEnd(world: World, end: RotationEnd, run: Run, origin: string): void {
  checkKeys(world, origin);
  if (end.outcome === 'unchanged') checkUntouched(world, origin);
  else checkChanged(world, end, run);
}

/** What was last said of each request that does not go on in the next rotation. */
export function checkNews(world: World, end: RotationEnd, run: Run, heard: ReadonlyMap<string, News>): void {
  for (const request of run.inbox.requests) {
    if (fateOf(run, request) === 'carried') continue;
    const { outcome, state } = heard.get(request.id) ?? {};
    if (state === 'ended' && outcome === end.outcome) continue;
    world.violate('whoever asked hears', `${request.id} ended ${end.outcome}, and heard ${state} ${outcome}`);
  }
}

function checkChanged(world: World, end: RotationEnd, run: Run): void {
  const knownGood = run.baseline?.knownGood;
  for (const name of world.targets.keys()) {
    const wanted = end.outcome === 'rotated' ? end.newKey : knownGood?.get(name)?.keyId;
    checkTarget(world, name, wanted, end, run.baseline?.broken.has(name) ?? false);
  }
  if (end.outcome === 'rotated' && end.resolvedBy === undefined) checkOldKey(world, end);
}

/** No key that the rotation made, or any if none is named, and that no target names. In place none is beside another. */
export function checkKeys(world: World, rotation?: string): void {
  if (world.shape.provider.kind === 'in place' || isMeddled(world)) return;
  const served = new Set([...world.targets.keys()].map((name) => world.serving(name)));
  for (const { by, id, rotation: madeIn } of world.keys.present()) {
    if (by !== 'keyturn' || (rotation !== undefined && rotation !== madeIn)) continue;
    if (!served.has(id)) world.violate('no orphans', `${id} is left at the provider`);
  }
}

/** What has to hold when all was well again and it was rotated once more. */
export function checkLast(world: World, last: RotationEnd | undefined): void {
  checkKeys(world);
  const { keys, leaked, shape } = world;
  // Who makes keys by hand sees them in a list of their own: what a rotation that was ended by force has left is theirs to find.
  const isUnlisted = shape.provider.kind === 'by hand' && world.cutOffMs > 0;
  for (const id of shape.provider.kind === 'stored' || isUnlisted ? [] : leaked) {
    if (keys.state(id) !== 'gone') world.violate('never back to a leaked key', `${id} is ${keys.state(id)} at the end`);
  }
  const { outcome, reason } = last ?? {};
  if (world.violations.length === 0 && outcome !== 'rotated') {
    world.violate('operators can leave', `when all is well again it still ends ${outcome}: ${reason?.message}`);
  }
}

/** Somebody else has put another value over the one that was in use. */
function isMeddled({ strangers, targets }: World): boolean {
  return [...targets].some(([name, { current }]) => strangers.versions.has(`${name}/${current}`));
}

function checkUntouched(world: World, rotation: string): void {
  if ((world.changes.get(rotation) ?? 0) > 0) world.violate('known end', 'unchanged, but something was changed');
}

function checkTarget(
  world: World,
  name: string,
  wanted: KeyId | undefined,
  { outcome, resolvedBy }: RotationEnd,
  wasBroken: boolean,
): void {
  const side = world.target(name);
  const serves = world.serving(name);
  const isForeign = world.strangers.versions.has(`${name}/${side.current}`);
  if (serves !== wanted && !(resolvedBy === undefined && isForeign && outcome === 'rotated')) {
    world.violate('known end', `${outcome}, but ${name} serves ${serves} and not ${wanted}`);
  }
  const why = wasBroken && outcome === 'restored' ? undefined : world.refusedAt(name);
  if (why !== undefined) world.violate('known end', `${outcome}, but what ${name} serves does not work: ${why}`);
}

function checkOldKey(world: World, { leftAtProvider = [], oldKey = '', oldKeyRefused }: RotationEnd): void {
  if (world.shape.provider.kind === 'stored' || leftAtProvider.includes(oldKey)) return;
  if (world.keys.acceptedBy(oldKey, 'fast') || world.keys.acceptedBy(oldKey, 'slow')) {
    world.violate('known end', `rotated, but the old key ${oldKey} is still accepted`);
  }
  if (oldKeyRefused === undefined) world.violate('known end', `rotated, but nobody has seen ${oldKey} refused`);
}

/** The chain is whole, and every effect of a rotation that has closed has exactly one result. */
export async function checkAudit(world: World, keys: KeyRing = ring): Promise<void> {
  const verified = await verifyChain(world.audit.records, { keys });
  if (!verified.ok)
    return world.violate('every effect is audited', `the chain is broken at ${verified.seq}: ${verified.problem}`);
  const closed = new Set(world.audit.entries.filter(({ kind }) => kind === 'close').map(({ rotation }) => rotation));
  for (const { entry } of verified.open) {
    if (closed.has(entry.rotation)) world.violate('every effect is audited', `${entry.effect} has no result`);
  }
}
