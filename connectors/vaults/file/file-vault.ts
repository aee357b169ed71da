import { statSync } from 'node:fs';
import { type Context, type Discovery, KeyturnError, Secret, type VersionId } from '../../../contract/index.ts';
import type { Stored, Vault, Version, Which } from '../../../contract/vault.ts';
import { type Config, type Place, placeOf } from './config.ts';
import { discover } from './discover.ts';
import type { Content, Label, StoredVersion } from './document.ts';
import { seal, unseal } from './sealing.ts';
import { change, load } from './store.ts';

export class FileVault implements Vault {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  async read(ctx: Pick<Context, 'home' | 'keys'>, which: Which): Promise<Stored | 'absent'> {
    const place = placeOf(this.#config, ctx.home);
    const content = await load(ctx.keys, place);
    const version = content && find(content, which);
    if (!version) return 'absent';
    return { value: await open(ctx, place, version), version: named(version) };
  }

  async write(ctx: Context, value: Secret, expected: VersionId | 'absent'): Promise<Version> {
    const place = placeOf(this.#config, ctx.home);
    return change(ctx.keys, place, async (found) => {
      const there = found && (await holding(ctx, place, found, value, expected));
      if (there) return { result: named(there) };
      refuseUnless(place, found?.labels.current, expected);
      if (found?.labels.pending) {
        throw conflict(place, `holds a pending version ${found.labels.pending} that is not this value`);
      }
      const made = await makeVersion(ctx, place, value, (found?.made ?? 0) + 1);
      return { content: found ? staged(found, made) : begun(place, made), result: named(made) };
    });
  }

  async moveCurrent(ctx: Context, to: VersionId, expected: VersionId): Promise<Version> {
    const place = placeOf(this.#config, ctx.home);
    return change(ctx.keys, place, async (found) => {
      const version = found && find(found, { id: to });
      if (version && found.labels.current === to) return { result: named(version) };
      refuseUnless(place, found?.labels.current, expected);
      if (version) return { content: moved(found, to), result: named(version) };
      throw new KeyturnError('not-found', `the file vault's ${place.secret} has no version ${to}`, {
        fix: 'inspect the target again: the version was destroyed',
      });
    });
  }

  async destroy(ctx: Context, id: VersionId): Promise<void> {
    const place = placeOf(this.#config, ctx.home);
    await change(ctx.keys, place, async (found) => {
      if (!found || !find(found, { id })) return { result: undefined };
      if (found.labels.current === id) throw conflict(place, `serves ${id} as current, which cannot be destroyed`);
      return { content: without(found, id), result: undefined };
    });
  }

  async warnings(ctx: Context): Promise<string[]> {
    const place = placeOf(this.#config, ctx.home);
    return [place.folder, place.file].flatMap((path) => {
      const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
      return mode & 0o077 ? [`${path} is open to its group or to others: chmod go= ${path}`] : [];
    });
  }

  discover(ctx: Context): Discovery {
    return discover(ctx, this.#config);
  }
}

function find(content: Content, which: Which): StoredVersion | undefined {
  const id = typeof which === 'string' ? content.labels[which] : which.id;
  return content.versions.find((version) => version.id === id);
}

/**
 * The version in which this value stands already, as an earlier call of the same write left it: pending, or current
 * where it was the first or was moved since.
 */
async function holding(ctx: Context, place: Place, content: Content, value: Secret, expected: VersionId | 'absent') {
  const places: Label[] = expected === 'absent' ? ['current'] : ['current', 'pending'];
  for (const label of places) {
    const version = find(content, label);
    if (label === 'pending' && content.labels.current !== expected) continue;
    if (version && (await open(ctx, place, version)).equals(value)) return version;
  }
  return undefined;
}

async function open(ctx: Pick<Context, 'keys'>, place: Place, version: StoredVersion): Promise<Secret> {
  const binding = { secret: place.secret, part: version.id };
  return new Secret(await unseal(ctx.keys, version.value, binding, place.file));
}

/** The number says the order; the random part keeps ids apart if the file is ever deleted or put back from a backup. */
async function makeVersion(ctx: Context, place: Place, value: Secret, number: number): Promise<StoredVersion> {
  const id = `${number}-${Buffer.from(ctx.random(4)).toString('hex')}`;
  const sealed = await seal(ctx.keys, value.reveal(), { secret: place.secret, part: id });
  return { id, createdAt: new Date(ctx.now()).toISOString(), value: sealed };
}

function begun(place: Place, version: StoredVersion): Content {
  const labels = { current: version.id };
  return { schema: 1, secret: place.secret, revision: 1, made: 1, labels, versions: [version] };
}

function staged(content: Content, version: StoredVersion): Content {
  return {
    ...content,
    revision: content.revision + 1,
    made: content.made + 1,
    labels: { ...content.labels, pending: version.id },
    versions: [...content.versions, version],
  };
}

function moved(content: Content, to: VersionId): Content {
  const { pending, current } = content.labels;
  const kept = pending === undefined || pending === to ? {} : { pending };
  return { ...content, revision: content.revision + 1, labels: { ...kept, current: to, previous: current } };
}

function without(content: Content, id: VersionId): Content {
  const { current, pending, previous } = content.labels;
  return {
    ...content,
    revision: content.revision + 1,
    labels: {
      current,
      ...(pending === undefined || pending === id ? {} : { pending }),
      ...(previous === undefined || previous === id ? {} : { previous }),
    },
    versions: content.versions.filter((version) => version.id !== id),
  };
}

function named(version: StoredVersion): Version {
  return { id: version.id, createdAt: version.createdAt };
}

function refuseUnless(place: Place, current: VersionId | undefined, expected: VersionId | 'absent'): void {
  if ((current ?? 'absent') === expected) return;
  throw conflict(place, `serves ${current ?? 'nothing'} as current, not ${expected}`);
}

function conflict(place: Place, what: string): KeyturnError {
  return new KeyturnError('conflict', `the file vault's ${place.secret} ${what}`, {
    fix: 'somebody else changed the target: inspect it and start again',
  });
}
