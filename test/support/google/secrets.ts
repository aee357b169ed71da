import { checkAliases } from './aliases.ts';
import { newEtag, type SecretChange, type SecretRecord, timestamp, type VersionRecord } from './records.ts';
import { alreadyExists, failedPrecondition, invalidArgument, notFound } from './status.ts';

/** Field masks are written in snake case over gRPC. */
const updatable = {
  labels: 'labels',
  version_aliases: 'versionAliases',
  version_destroy_ttl: 'versionDestroyTtl',
  expire_time: 'expireTime',
  rotation: 'rotation',
} as const;

/** The secrets of one project, in memory. */
export class Secrets {
  readonly #secrets = new Map<string, SecretRecord>();
  readonly #lagging = new Map<string, SecretRecord>();
  readonly #project: { id: string; number: string };

  constructor(project: { id: string; number: string }) {
    this.#project = project;
  }

  /** With the project's number in place of its id. */
  canonical(name: string): string {
    return name.replace(`projects/${this.#project.id}/`, `projects/${this.#project.number}/`);
  }

  /**
   * From now on whatever Google calls eventually consistent (all but the access of a version by its number) answers for
   * this secret as it is now (https://cloud.google.com/secret-manager/docs/reference/consistency), until it is called again
   * with false.
   */
  lag(name: string, lagging = true): void {
    if (lagging) this.#lagging.set(this.canonical(name), structuredClone(this.live(name)));
    else this.#lagging.delete(this.canonical(name));
  }

  create(
    parent: string,
    secretId: string,
    given: Partial<SecretRecord> & { replication?: object | null },
  ): SecretRecord {
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(secretId)) throw invalidArgument('The secret id is not valid.');
    const regional = parent.includes('/locations/');
    if (!regional && !given.replication) throw invalidArgument('The replication of a global secret is required.');
    const name = this.canonical(`${parent}/secrets/${secretId}`);
    if (this.#secrets.has(name)) throw alreadyExists(`Secret [${name}]`);
    const secret: SecretRecord = {
      name,
      createTime: timestamp(Date.now()),
      etag: newEtag(),
      labels: given.labels ?? {},
      versionAliases: {},
      versionDestroyTtl: given.versionDestroyTtl ?? null,
      versions: [],
    };
    this.#secrets.set(name, secret);
    return secret;
  }

  /** As it is. @throws GoogleStatus `NOT_FOUND` */
  live(name: string): SecretRecord {
    const secret = this.#secrets.get(this.canonical(name));
    if (!secret) throw notFound(`Secret [${this.canonical(name)}]`);
    return secret;
  }

  /** As a reader may see it. */
  seen(name: string): SecretRecord {
    return this.#lagging.get(this.canonical(name)) ?? this.live(name);
  }

  update(change: SecretChange, paths: readonly string[]): SecretRecord {
    const secret = this.live(change.name ?? '');
    checkEtag(secret, change.etag);
    if (paths.length === 0) throw invalidArgument('The update mask must not be empty.');
    const fields = paths.map((path) => {
      if (!(path in updatable)) throw invalidArgument(`The field ${path} cannot be updated.`);
      return updatable[path as keyof typeof updatable];
    });
    if (fields.includes('versionAliases')) checkAliases(secret, change.versionAliases ?? {});
    Object.assign(secret, Object.fromEntries(fields.map((field) => [field, change[field]])), { etag: newEtag() });
    return secret;
  }

  delete(name: string, etag: string): void {
    checkEtag(this.live(name), etag);
    this.#secrets.delete(this.canonical(name));
    this.#lagging.delete(this.canonical(name));
  }

  /** Newest first. */
  list(parent: string): SecretRecord[] {
    const prefix = `${this.canonical(`${parent}/`)}secrets/`;
    return [...this.#secrets.values()].filter((secret) => secret.name.startsWith(prefix)).reverse();
  }

  /** By number from what stands; by alias or `latest` from what a reader may see. */
  version(name: string, from: 'live' | 'seen' = 'live'): VersionRecord {
    const [, secretName = '', which = ''] = name.match(/^(.+)\/versions\/([^/]+)$/) ?? [];
    const byNumber = /^\d+$/.test(which);
    const secret = byNumber && from === 'live' ? this.live(secretName) : this.seen(secretName);
    const number = byNumber
      ? Number(which)
      : which === 'latest'
        ? secret.versions.length
        : secret.versionAliases[which];
    const version = secret.versions[(number ?? 0) - 1];
    if (!version) throw notFound(`Secret Version [${this.canonical(name)}]`);
    return version;
  }
}

/** An empty one asks for nothing. A mismatch is FAILED_PRECONDITION (https://cloud.google.com/secret-manager/docs/etags). */
export function checkEtag(record: { etag: string; name: string }, etag: string | null | undefined): void {
  if (etag && etag !== record.etag) {
    throw failedPrecondition(`The etag provided for [${record.name}] does not match the current one.`);
  }
}
