import type { Deps } from '../connectors/deps.ts';
import { type Bench, bench, type OpenProvider, type OpenTarget, openProvider, openTarget } from '../connectors/open.ts';
import type { Activities, KeyId, Stored, Target, Version, VersionId, Which } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { openKey } from './seal.ts';

type Write = Pick<Activities, 'writeTarget' | 'restoreTarget' | 'discardVersion' | 'moveCurrent'>;

export function writeActivities(deps: Deps): Write {
  return {
    async writeTarget({ job, target, chosen, expected }) {
      const on = bench(deps, job);
      const opened = await openProvider(on);
      const place = await openTarget(on, target, opened.fields, chosen.key.id);
      Object.assign(on.notes, { keyId: chosen.key.id, serves: !place.powers.staging });
      const value = await openKey(on, opened.fields, chosen, target);
      const before = await expectedStanding(on, opened, place, target, chosen.key.id, expected);
      return place.vault.write(on.ctx, place.document(value, before.value), expected);
    },

    async moveCurrent({ job, target, to, expected, keyId }) {
      const on = bench(deps, job, { keyId });
      const { fields } = await openProvider(on);
      const place = await openTarget(on, target, fields, keyId);
      return place.vault.moveCurrent(on.ctx, to, expected);
    },

    async restoreTarget({ job, target, knownGood, newKey }) {
      const on = bench(deps, job, { keyId: knownGood.keyId });
      const opened = await openProvider(on);
      const place = await openTarget(on, target, opened.fields, knownGood.keyId);
      const current = await held(on, opened, place, 'current');
      if (current?.keyId === knownGood.keyId) {
        return { version: await confirmed(on, place, current.stored.version, newKey), moved: false };
      }
      if (current === undefined || newKey === undefined || current.keyId !== newKey) {
        throw new KeyturnError(
          'conflict',
          `somebody else has changed ${target.name}: it now serves ${current?.keyId ?? 'nothing'}`,
          {
            fix: `it is left as it is; decide what ${target.name} should serve, put it there, and resolve the rotation`,
          },
        );
      }
      const version = await place.vault.moveCurrent(on.ctx, knownGood.version, current.stored.version.id);
      const now = await held(on, opened, place, 'current');
      if (now?.keyId === knownGood.keyId) return { version, moved: true };
      throw new KeyturnError('transient', `${target.name} does not serve the known-good yet`);
    },

    async discardVersion({ job, target, keyId, version }) {
      const on = bench(deps, job, { keyId });
      const opened = await openProvider(on);
      const place = await openTarget(on, target, opened.fields, keyId);
      // Attempts that crossed may have stored the same value twice, one behind the other.
      for (let round = 0; round < copiesMax; round += 1) {
        const found = await versionsOf(on, opened, place, keyId, version);
        if (found.size === 0) return;
        for (const id of found) await place.vault.destroy(on.ctx, id);
        if (!place.powers.destroys) return;
      }
    },
  };
}

/**
 * Where reads lag, "it is current" may be yesterday's news: only a change that is conditional on it can tell. It does nothing
 * where the known-good stands on top; where anything else does, the reads may be fresh when it is tried again.
 */
async function confirmed(on: Bench, place: OpenTarget, version: Version, newKey: KeyId | undefined): Promise<Version> {
  if (place.powers.propagationMsMax === 0 || place.powers.staging || newKey === undefined) return version;
  try {
    return await place.vault.moveCurrent(on.ctx, version.id, version.id);
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.kind !== 'conflict') throw error;
    throw new KeyturnError('transient', `${error.message}, which readers do not see yet`);
  }
}

const copiesMax = 5;

/** The document that the new value goes into: the known-good's, so that all else of it is kept. */
async function expectedStanding(
  on: Bench,
  opened: OpenProvider,
  place: OpenTarget,
  target: Target,
  newKey: KeyId,
  expected: VersionId,
): Promise<Stored> {
  const current = await held(on, opened, place, 'current');
  if (current?.stored.version.id === expected) return current.stored;
  // An earlier attempt may have written it already, where the newest is current.
  if (current?.keyId === newKey) return current.stored;
  throw new KeyturnError('conflict', `somebody else has changed ${target.name} in the meantime`, {
    fix: 'nothing of theirs was overwritten; rotate again when they are done',
  });
}

async function held(on: Bench, opened: OpenProvider, place: OpenTarget, which: Which) {
  const stored = await place.vault.read(on.ctx, which);
  if (stored === 'absent') return undefined;
  return { stored, keyId: await keyIn(on, opened, place, stored) };
}

/** What does not have the target's shape is none of ours. */
async function keyIn(on: Bench, { provider }: OpenProvider, place: OpenTarget, stored: Stored) {
  try {
    return await provider.identify(on.ctx, place.value(stored));
  } catch (error) {
    if (error instanceof KeyturnError && error.kind === 'invalid') return 'unknown';
    throw error;
  }
}

/** The versions, current apart, that hold this key: where it was written, and where a lost attempt may have left it. */
async function versionsOf(
  on: Bench,
  opened: OpenProvider,
  place: OpenTarget,
  keyId: KeyId,
  version: VersionId | undefined,
): Promise<Set<VersionId>> {
  const places: Which[] = [...(version === undefined ? [] : [{ id: version }]), 'previous'];
  if (place.powers.staging) places.push('pending');
  const current = await place.vault.read(on.ctx, 'current');
  const found = new Set<VersionId>();
  for (const which of places) {
    const here = await held(on, opened, place, which);
    if (here?.keyId === keyId) found.add(here.stored.version.id);
  }
  if (current !== 'absent') found.delete(current.version.id);
  return found;
}
