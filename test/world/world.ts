import type { AttestMessage, KeyId } from '../../contract/index.ts';
import { AuditSide } from './audit.ts';
import type { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import { type ConsumerShape, ConsumerSide } from './consumer.ts';
import { inWords, type WorldEvent } from './events.ts';
import { firstDocument } from './forms.ts';
import { type InvariantName, watch } from './invariants.ts';
import { Keys } from './keys.ts';
import { Network } from './network.ts';
import { fullPace, type Pace } from './pace.ts';
import { ProviderSide } from './places.ts';
import type { ProviderShape } from './provider.ts';
import { Strangers } from './strangers.ts';
import { type TargetShape, TargetSide } from './vault.ts';

/** A world as data. */
export interface WorldShape {
  provider: ProviderShape;
  targets: TargetShape[];
  consumers: ConsumerShape[];
  /** By target, the key that it serves at first; absent: `K0`. */
  serves?: Record<string, KeyId>;
  /** Somebody uses the first key for so long who is in no catalog. 0: nobody. */
  forgottenMs: number;
  /** Keys that no target names, older than the one that is served: somebody uses them for something else. */
  spares: number;
  /** What every value ends in. */
  ending?: string;
}

export interface WorldGiven {
  id: string;
  shape: WorldShape;
  clock: Clock;
  chance: Chance;
  latencyMsMax: number;
  attemptMs: number;
  /** Of what the world does by itself. Absent: full. */
  pace?: Pace;
}

export interface Violation {
  invariant: InvariantName;
  what: string;
}

/** A provider's wish, when it is asked too often. */
const throttleMs = 5_000;

/** No value has this in it by chance. */
const secretMark = 's3cr3t';

/**
 * A provider, vaults, consumers and an audit in memory, for one credential. They share one clock, and every change of
 * theirs is looked at by the invariants.
 */
export class World {
  readonly id: string;
  readonly shape: WorldShape;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly network: Network;
  readonly keys: Keys;
  readonly provider: ProviderSide;
  readonly audit: AuditSide;
  readonly strangers: Strangers;
  readonly targets = new Map<string, TargetSide>();
  readonly consumers = new Map<string, ConsumerSide>();
  /** What has happened, in words. */
  readonly trace: string[] = [];
  readonly violations: Violation[] = [];
  /** Keys that the provider has accepted when they were tried. */
  readonly verified = new Set<KeyId>();
  readonly smokeFails = new Set<KeyId>();
  /** Those that were there when it began. */
  readonly first = new Set<KeyId>();
  smokeFailsForNew = false;
  /** By rotation, how many changes it has made. */
  readonly changes = new Map<string, number>();
  /** Keys that a target has served. */
  readonly everServed = new Set<KeyId>();
  /** Keys that may go although a person made them: those of the baseline, and those that a request named. */
  readonly mayGo = new Set<KeyId>();
  /** Keys that were refused already when it began. */
  readonly broken = new Set<KeyId>();
  /** Keys that are known to others. */
  readonly leaked = new Set<KeyId>();
  /** Those that an open rotation has been told of, and when. */
  readonly barred = new Map<KeyId, number>();
  /** When a rotation was last ended by force or reset. */
  cutOffMs = 0;
  /** Until then they go with evidence only. */
  leakDeadlineMs = Number.POSITIVE_INFINITY;
  /** Keys that a rotation has asked a person to revoke. */
  readonly toRevoke = new Set<KeyId>();
  /** Waits that a person has skipped. */
  readonly waived = new Set<string>();
  /** Accepters that a person has gone on without: whatever is served, they may refuse it. */
  readonly excused = new Set<string>();
  /** How an attestation reaches the rotation. */
  attest: (message: AttestMessage) => void = () => {};
  readonly #secrets = new Map<string, KeyId>();
  #begun = false;
  readonly #servers = new Map<string, number>();

  constructor({ id, shape, clock, chance, latencyMsMax, attemptMs, pace = fullPace }: WorldGiven) {
    this.id = id;
    this.shape = shape;
    this.clock = clock;
    this.pace = pace;
    this.network = new Network({ clock, chance, latencyMsMax, attemptMs, throttleMs: pace(throttleMs) });
    this.keys = new Keys(clock, shape.provider);
    this.provider = new ProviderSide(this);
    this.audit = new AuditSide(this);
    this.strangers = new Strangers(this);
    for (const target of shape.targets) this.targets.set(target.name, new TargetSide(this, target));
    for (const consumer of shape.consumers) this.consumers.set(consumer.name, new ConsumerSide(this, consumer));
  }

  /** The first values, as an operator has stored them, and the consumers that use them. */
  begin(): void {
    const { provider, serves = {}, forgottenMs } = this.shape;
    const madeMs = this.clock.now() - 90 * 86_400_000;
    for (const name of this.targets.keys()) this.#beginAt(name, serves[name] ?? 'K0', madeMs);
    for (let spare = 1; spare <= this.shape.spares; spare += 1) {
      this.provider.make('person', `SPARE-${spare}`, 'active', madeMs - spare * 86_400_000);
    }
    for (const consumer of this.consumers.values()) consumer.begin();
    if (forgottenMs > 0 && provider.kind !== 'stored') {
      this.clock.after(forgottenMs, this.keys.use(this.serving(), 'a forgotten job'));
    }
    this.#begun = true;
  }

  #beginAt(name: string, called: string, madeMs: number): void {
    const [place] = this.provider.places;
    const id = place ? `${place.name}/${called}` : called;
    if (!this.keys.all.has(id)) {
      const secret = this.newSecret(called);
      this.nameKey(secret, undefined, id);
      if (place) this.provider.put(place, id, 'person', madeMs);
      else this.keys.add(id, secret, 'person', 'active', madeMs);
    }
    this.everServed.add(id);
    this.first.add(id);
    const target = this.target(name);
    target.store(firstDocument(target.shape.form ?? 'raw', this.secretOf(id)), 'person', true);
  }

  /** Why what a target serves does not work; undefined where it does, or where a person has broken it. */
  refusedAt(name: string): string | undefined {
    const target = this.target(name);
    for (const text of target.served()) {
      const key = target.keyIn(text);
      if (key === 'unknown' || this.broken.has(key)) continue;
      if (this.shape.provider.kind === 'stored') {
        const refusing = this.#refusing(name, key);
        if (refusing !== undefined) return `${refusing} does not accept ${key}`;
      } else if (!this.keys.acceptedEverywhere(key) && this.keys.all.get(key)?.changes.at(-1)?.by !== 'person') {
        return `not all of the provider accepts ${key}`;
      }
    }
    return undefined;
  }

  #refusing(target: string, key: KeyId): string | undefined {
    const accepters = [...this.consumers.values()].filter(({ shape }) => shape.role === 'accepts' && shape.required);
    return accepters
      .filter(({ shape }) => shape.reads === target && !this.excused.has(shape.name))
      .flatMap(({ instances }) => instances)
      .find(({ accepts }) => !accepts.has(key))?.name;
  }

  target(name: string): TargetSide {
    return found(this.targets, name);
  }

  consumer(name: string): ConsumerSide {
    return found(this.consumers, name);
  }

  newSecret(core: string): string {
    return `${secretMark}-${core}-${this.#secrets.size}${this.shape.ending ?? ''}`;
  }

  /** @returns the name of the key whose value this is. */
  nameKey(secret: string, place?: string, id = `${place ?? 'stored'}/${this.#secrets.size}`): KeyId {
    this.#secrets.set(secret, id);
    return id;
  }

  identify(secret: string | undefined): KeyId | 'unknown' {
    return this.#secrets.get(secret ?? '') ?? 'unknown';
  }

  secretOf(id: KeyId): string {
    const known = [...this.#secrets].find(([, key]) => key === id);
    if (!known) throw new Error(`nobody has named ${id}`);
    return known[0];
  }

  /** The provider's servers take turns, for each of those who call. */
  nextServer(): 'fast' | 'slow' {
    const { rotation, startedMs } = this.network.acting ?? {};
    const caller = `${rotation}/${startedMs}`;
    const turn = 1 + (this.#servers.get(caller) ?? 0);
    this.#servers.set(caller, turn);
    return turn % 2 === 0 ? 'fast' : 'slow';
  }

  /** The key that a target serves now. */
  serving(target = 'main'): KeyId | 'unknown' {
    const side = this.target(target);
    return side.keyIn(side.text(side.current));
  }

  failsSmokeTest(key: KeyId): boolean {
    return this.smokeFails.has(key) || (this.smokeFailsForNew && !this.first.has(key));
  }

  happened(event: WorldEvent): void {
    this.trace.push(`${new Date(this.clock.now()).toISOString()} ${inWords(event, (name) => this.serving(name))}`);
    const { rotation } = this.network.acting ?? {};
    if (rotation !== undefined && (event.what === 'current' || event.what === 'key')) {
      this.changes.set(rotation, 1 + (this.changes.get(rotation) ?? 0));
    }
    if (event.what === 'current') this.everServed.add(this.serving(event.target));
    if (this.#begun) watch(this, event);
  }

  violate(invariant: InvariantName, what: string): void {
    this.violations.push({ invariant, what });
    this.trace.push(`VIOLATED ${invariant}: ${what}`);
  }

  /** Something that others may see. */
  shown(what: unknown, where: string): void {
    const text = typeof what === 'string' ? what : JSON.stringify(what);
    if (text?.includes(secretMark)) this.violate('no plaintext', `a value stands in ${where}`);
  }
}

function found<T>(all: ReadonlyMap<string, T>, name: string): T {
  const one = all.get(name);
  if (one === undefined) throw new Error(`the world has no ${name}`);
  return one;
}
