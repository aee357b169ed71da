import type { Context, Secret, Stored, Vault, Version, VersionId, Which } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import { type Aliases, aliasesOf, type Config } from './config.ts';
import { checkBetween } from './newest.ts';
import { readById, readCurrent, readForMove, readOther } from './read.ts';
import { GoogleSecret, holds, isGone, numberIn, numberOf, onceMore, versionOf } from './secret.ts';
import { warnings } from './warnings.ts';

/** What the secret's aliases say, as of one etag. */
interface Standing {
  etag: string;
  /** All of them, ours and other people's. */
  aliases: Record<string, number>;
  /** 0: the target holds nothing. Without an alias yet: the newest version, which its readers have read so far. */
  current: number;
  pending: number | undefined;
}

/**
 * A target whose consumers read the alias of the current version. The three aliases change in one conditional update, so
 * current and previous move at once or not at all.
 */
export class AliasVault implements Vault {
  readonly #config: Config;
  readonly #names: Aliases;

  constructor(config: Config) {
    this.#config = config;
    this.#names = aliasesOf(config);
  }

  async read(ctx: Context, which: Which): Promise<Stored | 'absent'> {
    const secret = await GoogleSecret.open(ctx, this.#config);
    if (typeof which === 'object') return readById(secret, which.id);
    const held = await secret.access(this.#names[which]);
    if (which !== 'current') return readOther(secret, held);
    if (held !== 'absent') return readCurrent(secret, held);
    const standing = await this.#lookIfThere(secret);
    if (standing === 'absent' || standing.current === 0) return 'absent';
    return readCurrent(secret, await secret.access(standing.current));
  }

  async write(ctx: Context, value: Secret, expected: VersionId | 'absent'): Promise<Version> {
    const secret = await GoogleSecret.open(ctx, this.#config);
    return onceMore(() => this.#write(secret, value, expected === 'absent' ? 0 : numberOf(expected)));
  }

  async moveCurrent(ctx: Context, to: VersionId, expected: VersionId): Promise<Version> {
    const secret = await GoogleSecret.open(ctx, this.#config);
    return onceMore(() => this.#move(secret, to, numberOf(expected)));
  }

  async destroy(ctx: Context, version: VersionId): Promise<void> {
    const number = numberOf(version);
    if (Number.isNaN(number)) return;
    const secret = await GoogleSecret.open(ctx, this.#config);
    await onceMore(() => this.#destroy(secret, number));
  }

  warnings(ctx: Context): Promise<string[]> {
    return warnings(ctx, this.#config);
  }

  async #write(secret: GoogleSecret, value: Secret, base: number): Promise<Version> {
    const standing = await this.#look(secret);
    if (standing.current > 0 && holds(await secret.access(standing.current), value)) {
      await this.#pin(secret, standing);
      return versionOf(standing.current);
    }
    if (standing.current !== base) throw notCurrent(secret, standing, base);
    if (await this.#isPending(secret, standing, value)) return versionOf(standing.pending ?? 0);

    // As long as no alias says what is current, the newest does: without this the new version would be current at once.
    const pinned = await this.#pin(secret, standing);
    const number = (await find(secret, value, base)) ?? (await secret.add(value)).number;
    if (base === 0) await checkBetween(secret, value, base, number);
    await this.#mark(secret, pinned, base === 0 ? { current: number } : { pending: number });
    return versionOf(number);
  }

  async #move(secret: GoogleSecret, to: VersionId, base: number): Promise<Version> {
    const standing = await this.#look(secret);
    const { current, pending } = standing;
    const number = numberOf(to);
    if (current !== base && current !== number) throw notCurrent(secret, standing, base);
    const cleared = pending === number ? { pending: undefined } : {};
    if (current !== number) {
      await readForMove(secret, to);
      await this.#mark(secret, standing, { current: number, previous: current, ...cleared });
    } else if (pending === number) {
      await this.#mark(secret, standing, { current: number, ...cleared });
    } else {
      await this.#pin(secret, standing);
    }
    return versionOf(number);
  }

  async #destroy(secret: GoogleSecret, number: number): Promise<void> {
    const standing = await this.#lookIfThere(secret);
    if (standing === 'absent') return;
    if (standing.current === number) {
      throw new KeyturnError('conflict', `${secret.name}: version ${number} is current and cannot be destroyed`);
    }
    const info = await secret.version(number);
    const marks = Object.keys(standing.aliases).filter((alias) => standing.aliases[alias] === number);
    const ours = marks.filter((alias) => alias === this.#names.pending || alias === this.#names.previous);
    if (isGone(info) && ours.length === 0) return;
    const foreign = marks.find((alias) => !ours.includes(alias));
    if (foreign !== undefined && !isGone(info)) {
      throw new KeyturnError('conflict', `${secret.name}: someone else’s alias ${foreign} is on version ${number}`, {
        fix: `Take the alias ${foreign} away, or put it on another version.`,
      });
    }
    // Also where it takes no marker away: the update proves that what was just read as current still is.
    const rest = Object.entries(standing.aliases).filter(([alias]) => !ours.includes(alias));
    await secret.replaceAliases(Object.fromEntries(rest), standing.etag);
    if (info !== 'absent' && !isGone(info)) await secret.destroy(info);
  }

  async #look(secret: GoogleSecret): Promise<Standing> {
    const standing = await this.#lookIfThere(secret);
    if (standing !== 'absent') return standing;
    throw new KeyturnError('not-found', `${secret.name} does not exist`, {
      fix: `Create the secret ${secret.name}; it may be empty.`,
    });
  }

  async #lookIfThere(secret: GoogleSecret): Promise<Standing | 'absent'> {
    const info = await secret.info();
    if (info === 'absent') return 'absent';
    const aliases = Object.fromEntries(
      Object.entries(info.versionAliases ?? {}).map(([alias, number]) => [alias, Number(String(number))]),
    );
    const current = aliases[this.#names.current] ?? (await newestNumber(secret));
    return { etag: info.etag ?? '', aliases, current, pending: aliases[this.#names.pending] };
  }

  /** Sets the alias of what is current already, where it is not set yet. Nobody can have read it. */
  async #pin(secret: GoogleSecret, standing: Standing): Promise<Standing> {
    if (standing.current === 0 || standing.aliases[this.#names.current] !== undefined) return standing;
    return this.#mark(secret, standing, { current: standing.current });
  }

  async #mark(
    secret: GoogleSecret,
    standing: Standing,
    change: Partial<Record<keyof Aliases, number | undefined>>,
  ): Promise<Standing> {
    const aliases = { ...standing.aliases };
    for (const [role, number] of Object.entries(change)) {
      const alias = this.#names[role as keyof Aliases];
      if (number === undefined) delete aliases[alias];
      else aliases[alias] = number;
    }
    return { ...standing, aliases, etag: await secret.replaceAliases(aliases, standing.etag) };
  }

  /** @throws `conflict` when another value is pending. A marker whose version is destroyed marks nothing. */
  async #isPending(secret: GoogleSecret, { pending }: Standing, value: Secret): Promise<boolean> {
    if (pending === undefined || isGone(await secret.version(pending))) return false;
    if (holds(await secret.access(pending), value)) return true;
    throw new KeyturnError('conflict', `${secret.name}: version ${pending} is pending and holds another value`, {
      fix: `Find out what made it. If nothing needs it, take the alias ${this.#names.pending} away.`,
    });
  }
}

/** A version above `base` that a call whose reply was lost has added already. */
async function find(secret: GoogleSecret, value: Secret, base: number): Promise<number | undefined> {
  for await (const held of secret.above(base)) {
    if (holds(held, value)) return held.number;
  }
  return undefined;
}

async function newestNumber(secret: GoogleSecret): Promise<number> {
  const newest = await secret.version('latest');
  return newest === 'absent' ? 0 : numberIn(newest.name);
}

function notCurrent(secret: GoogleSecret, { current }: Standing, expected: number): KeyturnError {
  const say = (number: number) => (number > 0 ? `version ${number}` : 'nothing');
  return new KeyturnError('conflict', `${secret.name}: current is ${say(current)}, expected was ${say(expected)}`);
}
