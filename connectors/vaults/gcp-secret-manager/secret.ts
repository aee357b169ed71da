import { crc32c } from '@aws-crypto/crc32c';
import type { protos } from '@google-cloud/secret-manager';
import type { Context, Version, VersionId } from '../../../contract/index.ts';
import { KeyturnError, Secret } from '../../../contract/index.ts';
import { isFailedPrecondition, isNotFound } from './classify.ts';
import { type Client, clientFor } from './client.ts';
import type { Config } from './config.ts';

type SecretInfo = protos.google.cloud.secretmanager.v1.ISecret;
type VersionInfo = protos.google.cloud.secretmanager.v1.ISecretVersion;

export const callTimeoutMs = 15_000;

/** A version that stands, with its value where it can be read: a disabled or destroyed one has none. */
export interface Held {
  number: number;
  value?: Secret;
}

/** Nothing was changed, because somebody else changed the thing first: worth looking again. */
export class Overtaken extends KeyturnError {
  constructor(what: string, cause: unknown) {
    super('transient', `${what} was changed by someone else at the same moment`, { cause });
  }
}

/** One secret at Google, for one call of a vault's method: plain operations, values checked against their CRC32C. */
export class GoogleSecret {
  readonly name: string;
  readonly #client: Client;
  readonly #ctx: Context;

  private constructor(name: string, client: Client, ctx: Context) {
    this.name = name;
    this.#client = client;
    this.#ctx = ctx;
  }

  static async open(ctx: Context, config: Config): Promise<GoogleSecret> {
    return new GoogleSecret(config.secret, await clientFor(ctx, config), ctx);
  }

  /** By number, by alias, or `latest`. Only the access by number is strongly consistent. */
  async access(which: number | string): Promise<Held | 'absent'> {
    try {
      const [{ name, payload }] = await this.#client.accessSecretVersion(
        { name: this.#version(which) },
        this.#options(),
      );
      return { number: numberIn(name), value: this.#decode(which, payload) };
    } catch (error) {
      if (isNotFound(error)) return 'absent';
      if (!isFailedPrecondition(error)) throw error;
      if (typeof which === 'number') return { number: which };
      const info = await this.version(which);
      return info === 'absent' ? 'absent' : { number: numberIn(info.name) };
    }
  }

  /** Every version above a number, one after the other. Google numbers versions without gaps. */
  async *above(number: number): AsyncGenerator<Held> {
    for (let next = number + 1; ; next += 1) {
      this.#ctx.heartbeat();
      const held = await this.access(next);
      if (held === 'absent') return;
      yield held;
    }
  }

  async add(value: Secret): Promise<Held> {
    const data = Buffer.from(value.reveal());
    const request = { parent: this.name, payload: { data, dataCrc32c: crc32c(data) } };
    const [{ name }] = await this.#client.addSecretVersion(request, this.#options());
    return { number: numberIn(name), value };
  }

  async version(which: number | string): Promise<VersionInfo | 'absent'> {
    return orAbsent(this.#client.getSecretVersion({ name: this.#version(which) }, this.#options()));
  }

  /** The numbers of the enabled versions, newest first. */
  async enabled(): Promise<number[]> {
    const request = { parent: this.name, filter: 'state:ENABLED' };
    const [versions] = await this.#client.listSecretVersions(request, this.#options());
    return versions.map(({ name }) => numberIn(name)).sort((a, b) => b - a);
  }

  async info(): Promise<SecretInfo | 'absent'> {
    return orAbsent(this.#client.getSecret({ name: this.name }, this.#options()));
  }

  /** Replaces all aliases if the secret still has this etag. @throws Overtaken */
  async replaceAliases(versionAliases: Record<string, number>, etag: string): Promise<string> {
    const request = { secret: { name: this.name, etag, versionAliases }, updateMask: { paths: ['version_aliases'] } };
    try {
      const [updated] = await this.#client.updateSecret(request, this.#options());
      return updated.etag ?? '';
    } catch (error) {
      throw isFailedPrecondition(error) ? new Overtaken(this.name, error) : error;
    }
  }

  /** Destroys the version's value if the version still has the etag it was read with. @throws Overtaken */
  async destroy(info: VersionInfo): Promise<void> {
    const name = this.#version(numberIn(info.name));
    try {
      await this.#client.destroySecretVersion({ name, etag: info.etag }, this.#options());
    } catch (error) {
      if (isNotFound(error)) return;
      throw isFailedPrecondition(error) ? new Overtaken(name, error) : error;
    }
  }

  #version(which: number | string): string {
    return `${this.name}/versions/${which}`;
  }

  // The workflow repeats a call, not the client: Google's default would go on for ten minutes.
  #options() {
    return { timeout: callTimeoutMs, retry: null, signal: this.#ctx.cancelled };
  }

  #decode(
    which: number | string,
    payload: protos.google.cloud.secretmanager.v1.ISecretPayload | null | undefined,
  ): Secret {
    const data = Buffer.from(payload?.data ?? '');
    if (String(payload?.dataCrc32c) !== String(crc32c(data))) {
      throw new KeyturnError('transient', `${this.#version(which)}: the value does not match its CRC32C`);
    }
    try {
      return new Secret(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data));
    } catch {
      throw new KeyturnError('invalid', `${this.#version(which)}: the value is not UTF-8 text`);
    }
  }
}

/** Looks and acts once more when somebody else was faster: nothing has happened yet. */
export async function onceMore<Result>(attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
  }
  return attempt();
}

export function holds(held: Held | 'absent' | undefined, value: Secret): boolean {
  return held !== undefined && held !== 'absent' && held.value?.equals(value) === true;
}

/** A delayed destruction (`version_destroy_ttl`) counts: only Google can bring it forward. */
export function isGone(info: VersionInfo | 'absent'): boolean {
  return info === 'absent' || info.state === 'DESTROYED' || info.state === 3 || Boolean(info.scheduledDestroyTime);
}

/** NaN for what is no version number, so that it equals nothing. */
export function numberOf(id: VersionId): number {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : Number.NaN;
}

export function versionOf(number: number): Version {
  return { id: String(number) };
}

/** Google answers with the project's number where the project's id was asked for; only the end is the same. */
export function numberIn(name: string | null | undefined): number {
  return numberOf(name?.match(/\/versions\/(\d+)$/)?.[1] ?? '');
}

async function orAbsent<Info>(call: Promise<[Info, ...unknown[]]>): Promise<Info | 'absent'> {
  try {
    return (await call)[0];
  } catch (error) {
    if (isNotFound(error)) return 'absent';
    throw error;
  }
}
