import type { KeyId, Shape, Stored, Vault, VaultPowers, VersionId, Which } from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';
import { secretIn } from './forms.ts';
import type { World } from './world.ts';

export interface TargetShape {
  name: string;
  staging: boolean;
  destroys: boolean;
  /** For so long after a change a reader may be served what was current before. */
  propagationMs: number;
  /** How a value stands in what it stores. Absent: `raw`. */
  form?: Shape;
}

export function vaultPowersOf({ destroys, propagationMs, staging }: TargetShape): VaultPowers {
  return { staging, destroys, readsBack: true, propagationMsMax: propagationMs };
}

interface Version {
  text: string | undefined;
  by: 'keyturn' | 'person';
}

/** One target: what it holds by version, and which of them are current, pending and previous. */
export class TargetSide {
  readonly shape: TargetShape;
  current: VersionId | undefined;
  pending: VersionId | undefined;
  previous: VersionId | undefined;
  readonly versions = new Map<VersionId, Version>();
  staleUntilMs = 0;
  readonly #world: World;

  constructor(world: World, shape: TargetShape) {
    this.#world = world;
    this.shape = shape;
  }

  text(id: VersionId | undefined): string | undefined {
    return this.versions.get(id ?? '')?.text;
  }

  /** The key whose value stands in what it stores. */
  keyIn(text: string | undefined): KeyId | 'unknown' {
    return this.#world.identify(text === undefined ? undefined : secretIn(this.shape.form ?? 'raw', text));
  }

  by(id: VersionId | undefined): Version['by'] | undefined {
    return this.versions.get(id ?? '')?.by;
  }

  get #stale(): boolean {
    return this.#world.clock.now() < this.staleUntilMs && this.previous !== undefined;
  }

  /** What readers are served now: of two, while a change spreads. */
  served(): string[] {
    const ids = this.#stale ? [this.current, this.previous] : [this.current];
    return ids.flatMap((id) => this.text(id) ?? []);
  }

  read(which: Which): Stored | 'absent' {
    const id = this.#versionOf(which);
    const text = this.text(id);
    return id === undefined || text === undefined ? 'absent' : { value: new Secret(text), version: { id } };
  }

  #versionOf(which: Which): VersionId | undefined {
    if (typeof which === 'object') return which.id;
    if (which === 'current') return this.#stale ? this.previous : this.current;
    return which === 'previous' && this.#stale ? undefined : this[which];
  }

  /** As a vault that is asked to; `person` asks nothing. */
  store(
    text: string,
    by: Version['by'] = 'keyturn',
    serve = !this.shape.staging || this.current === undefined,
  ): VersionId {
    const id = `v${this.versions.size + 1}`;
    this.versions.set(id, { text, by });
    if (serve) this.serve(id, by);
    else this.pending = id;
    return id;
  }

  serve(id: VersionId, by: Version['by'] = 'keyturn'): void {
    const replaced = this.current;
    const from = this.keyIn(this.text(replaced));
    this.previous = this.current;
    this.current = id;
    if (this.pending === id) this.pending = undefined;
    this.staleUntilMs = replaced === undefined ? 0 : this.#world.clock.now() + this.shape.propagationMs;
    this.#world.happened({
      what: 'current',
      target: this.shape.name,
      by,
      from,
      over: this.#world.strangers.versions.has(`${this.shape.name}/${replaced}`) ? 'foreign' : 'known',
    });
  }

  destroy(id: VersionId): void {
    if (this.current === id) throw new KeyturnError('conflict', `version ${id} of ${this.shape.name} is current`);
    const version = this.versions.get(id);
    if (version && this.shape.destroys) version.text = undefined;
    if (this.pending === id) this.pending = undefined;
    if (this.previous === id) this.previous = undefined;
  }
}

export function openVault(world: World, name: string): Vault {
  const side = world.target(name);
  const { network } = world;
  const stranger = () => world.strangers.atTarget(name);
  return {
    read: (_ctx, which) => network.call(`read ${name}`, () => side.read(which)),
    write: (_ctx, value, expected) =>
      network.call(`write ${name}`, () => ({ id: written(side, value.reveal(), expected) }), stranger),
    moveCurrent: (_ctx, to, expected) =>
      network.call(`move ${name}`, () => ({ id: moved(side, to, expected) }), stranger),
    destroy: (_ctx, version) => network.call(`destroy ${name}`, () => side.destroy(version), stranger),
  };
}

function written(side: TargetSide, text: string, expected: VersionId | 'absent'): VersionId {
  const { current, pending } = side;
  if (current !== undefined && side.text(current) === text) return current;
  if ((current ?? 'absent') !== expected) throw conflict(side);
  if (pending === undefined) return side.store(text);
  if (side.text(pending) === text) return pending;
  throw conflict(side);
}

function moved(side: TargetSide, to: VersionId, expected: VersionId): VersionId {
  const { current, shape } = side;
  const text = side.text(to);
  if (current === to) return to;
  // Where the newest wins, what is added again is a version of its own: sameness is in the value.
  if (!shape.staging && current !== undefined && text !== undefined && side.text(current) === text) return current;
  if (text === undefined) throw new KeyturnError('not-found', `${shape.name} has no version ${to}`);
  if (current !== expected) throw conflict(side);
  if (!shape.staging) return side.store(text);
  side.serve(to);
  return to;
}

function conflict({ current, pending, shape }: TargetSide): KeyturnError {
  const beside = pending === undefined ? '' : `, with ${pending} pending`;
  return new KeyturnError('conflict', `${shape.name} serves version ${current ?? 'none'}${beside}`);
}
