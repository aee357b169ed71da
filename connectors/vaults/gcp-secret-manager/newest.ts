import type { Context, Secret, Stored, Vault, Version, VersionId, Which } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import type { Config } from './config.ts';
import { readById, readCurrent, readForMove } from './read.ts';
import { GoogleSecret, holds, isGone, numberOf, onceMore, versionOf } from './secret.ts';
import { warnings } from './warnings.ts';

/**
 * A target whose consumers read `latest`: the newest version is current, even while it is disabled.
 *
 * Google adds a version unconditionally. What is newest is therefore told by asking for the numbers above the expected one,
 * the only read that is strongly consistent, before a version is added and again after it.
 */
export class NewestVault implements Vault {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  async read(ctx: Context, which: Which): Promise<Stored | 'absent'> {
    if (which === 'pending') return 'absent';
    const secret = await GoogleSecret.open(ctx, this.#config);
    if (typeof which === 'object') return readById(secret, which.id);
    const newest = await secret.access('latest');
    if (which === 'current') return readCurrent(secret, newest);
    return newest === 'absent' ? 'absent' : previous(secret, newest.number, newest.value);
  }

  async write(ctx: Context, value: Secret, expected: VersionId | 'absent'): Promise<Version> {
    const secret = await GoogleSecret.open(ctx, this.#config);
    return putOnTop(secret, value, expected === 'absent' ? 0 : numberOf(expected));
  }

  async moveCurrent(ctx: Context, to: VersionId, expected: VersionId): Promise<Version> {
    const secret = await GoogleSecret.open(ctx, this.#config);
    const { value } = await readForMove(secret, to);
    return putOnTop(secret, value, numberOf(expected));
  }

  async destroy(ctx: Context, version: VersionId): Promise<void> {
    const number = numberOf(version);
    if (Number.isNaN(number)) return;
    const secret = await GoogleSecret.open(ctx, this.#config);
    await onceMore(async () => {
      const info = await secret.version(number);
      if (info === 'absent' || isGone(info)) return;
      if ((await secret.access(number + 1)) === 'absent') {
        throw new KeyturnError('conflict', `${secret.name}: version ${number} is the newest, so it is current`);
      }
      await secret.destroy(info);
    });
  }

  warnings(ctx: Context): Promise<string[]> {
    return warnings(ctx, this.#config);
  }
}

/** The newest other value below the current one: a value that was put back stands there twice. */
async function previous(secret: GoogleSecret, current: number, value: Secret | undefined): Promise<Stored | 'absent'> {
  for (const number of await secret.enabled()) {
    if (number >= current) continue;
    const held = await secret.access(number);
    if (held === 'absent' || held.value === undefined || (value && holds(held, value))) continue;
    return { value: held.value, version: versionOf(number) };
  }
  return 'absent';
}

/**
 * Makes a value the newest on top of version `base` (0: of nothing). Where it stands on top already, nothing is added: that is
 * how a lost reply is told. A value that stands there twice, because two calls crossed, counts once.
 */
async function putOnTop(secret: GoogleSecret, value: Secret, base: number): Promise<Version> {
  const expected = base === 0 ? undefined : Number.isNaN(base) ? 'absent' : await secret.access(base);
  if (expected === 'absent') throw new KeyturnError('conflict', `${secret.name}: the expected version does not exist`);
  let top = expected;
  for await (const held of secret.above(base)) {
    const repeated = top?.value !== undefined && holds(held, top.value);
    if (!repeated && !holds(held, value)) {
      throw new KeyturnError('conflict', `${secret.name}: version ${held.number} stands above ${base || 'nothing'}`, {
        fix: `Find out who added version ${held.number}; then rotate again.`,
      });
    }
    top = held;
  }
  if (top && holds(top, value)) return versionOf(top.number);
  const added = await secret.add(value);
  await checkBetween(secret, value, top?.number ?? 0, added.number);
  return versionOf(added.number);
}

/**
 * Looks at what was added between the version that was newest and ours while we added it. All of it stays.
 * @throws `conflict` when it is somebody else's; `transient` when it is the same value, from a call that crossed this one: to
 * look again tells which one is current.
 */
export async function checkBetween(secret: GoogleSecret, value: Secret, newest: number, ours: number): Promise<void> {
  for (let number = newest + 1; number < ours; number += 1) {
    const held = await secret.access(number);
    if (held === 'absent') continue;
    if (holds(held, value)) {
      throw new KeyturnError(
        'transient',
        `${secret.name}: two calls at once added the same value, as ${number} and ${ours}`,
      );
    }
    throw new KeyturnError(
      'conflict',
      `${secret.name}: someone else added version ${number} while Keyturn added ${ours}, which now hides it`,
      { fix: `Find out who added version ${number} and whether its value has to be used; it is still there.` },
    );
  }
}
