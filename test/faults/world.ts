import { randomUUID } from 'node:crypto';
import type { Attestation, Change, Key, KeyId, ProviderPowers, Shape, VaultPowers } from '../../contract/index.ts';
import type { Call, Fault, Faults } from './faults.ts';

export interface HeldKey {
  state: Key['state'];
  createdAt: string;
  lastUse: Key['lastUse'];
  secret: string;
}

/** One target: what it holds by version, and which of them are current, pending and previous. */
export interface Place {
  documents: Map<string, string>;
  current: string;
  pending?: string;
  previous?: string;
  versions: number;
  /** Epoch milliseconds: until then a reader of current is served the previous one. */
  staleUntilMs: number;
}

export interface Given {
  powers?: Partial<ProviderPowers>;
  vault?: Partial<VaultPowers>;
  /** By target: the key that it serves. Default: `main` serves K0. */
  serves?: Record<string, KeyId>;
  shape?: Shape;
  /** A key that the provider refuses from the start. */
  broken?: KeyId;
  /** Keys that no target serves. */
  others?: KeyId[];
  faults?: Faults;
  /** How long reads lag behind a change. */
  lagMs?: number;
  /** Keys made with a value that ends in this. */
  ending?: string;
}

/** A provider, a vault and consumers in memory, for one credential: what they hold, and what has happened, in order. */
export class World {
  readonly id = `faults/${randomUUID()}`;
  readonly keys = new Map<KeyId, HeldKey>();
  readonly places = new Map<string, Place>();
  readonly events: string[] = [];
  /** What a target served that the provider refused at that moment. */
  readonly refusals: string[] = [];
  readonly powers: ProviderPowers;
  readonly vault: VaultPowers;
  readonly shape: Shape;
  lagMs: number;
  faults: Faults;
  /** By consumer: what it attests of a change. Absent: that it uses, accepts or has dropped it. */
  says: Record<string, (change: Change) => Attestation[]> = {};
  /** Consumers that can be asked, and what they answer. */
  answers: Record<string, (change: Change) => Attestation[]> = {};
  readonly #broken: KeyId | undefined;
  readonly #ending: string;
  readonly #secrets = new Map<string, KeyId>();
  readonly #calls: Promise<unknown>[] = [];
  #made = 0;

  constructor(given: Given) {
    this.powers = {
      order: 'make-before-break',
      chooses: false,
      verifies: true,
      disables: true,
      tellsUse: false,
      propagationMsMax: 0,
      ...given.powers,
    };
    this.vault = { staging: true, destroys: true, readsBack: true, propagationMsMax: 0, ...given.vault };
    this.shape = given.shape ?? 'raw';
    this.lagMs = given.lagMs ?? 0;
    this.faults = given.faults ?? {};
    this.#broken = given.broken;
    this.#ending = given.ending ?? '';
    const serves = given.serves ?? { main: 'K0' };
    for (const id of new Set([...Object.values(serves), ...(given.others ?? [])])) {
      const state = id === given.broken ? 'disabled' : 'active';
      this.keys.set(id, { ...this.#newKey(id), state, createdAt: '2026-01-01T00:00:00.000Z' });
    }
    for (const [name, id] of Object.entries(serves)) {
      const document = documentOf(this.shape, this.keys.get(id)?.secret ?? '');
      this.places.set(name, { documents: new Map([['v0', document]]), current: 'v0', versions: 0, staleUntilMs: 0 });
    }
  }

  /** One call, with the fault that is its turn. */
  async through<T>(call: Call, act: () => Promise<T>): Promise<T> {
    const fault = this.#faultOf(call);
    if (!fault) return act();
    const calling = fault(act);
    this.#calls.push(calling.catch(() => {}));
    return calling;
  }

  /** Resolves when every call that has a fault is over, also where nobody waits for it any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#calls);
  }

  #faultOf(call: Call): Fault | undefined {
    const fault = this.faults[call];
    return Array.isArray(fault) ? fault.shift() : fault;
  }

  /** The keys that `mint` has made and that are still there. */
  made(): KeyId[] {
    return this.keyIds().filter((id) => this.events.includes(`made ${id}`));
  }

  makeKey(): KeyId {
    const id = `K${++this.#made}`;
    this.keys.set(id, this.#newKey(id));
    this.happened(`made ${id}`);
    return id;
  }

  /** Somebody else makes a key, which looks as one of ours would. */
  makeStranger(): void {
    this.keys.set('STRANGER', this.#newKey('STRANGER'));
  }

  #newKey(id: KeyId): HeldKey {
    const secret = `secret-${randomUUID()}${this.#ending}`;
    this.#secrets.set(secret, id);
    return { state: 'active', createdAt: new Date().toISOString(), lastUse: 'never', secret };
  }

  identify(secret: string | undefined): KeyId | 'unknown' {
    return this.#secrets.get(secret ?? '') ?? 'unknown';
  }

  place(name: string): Place {
    const place = this.places.get(name);
    if (!place) throw new Error(`there is no target ${name}`);
    return place;
  }

  /** The key that a target serves now. */
  serving(name = 'main'): KeyId | undefined {
    const { current, documents } = this.place(name);
    return this.keyIn(documents.get(current) ?? '');
  }

  /** The key whose value stands in a document. */
  keyIn(document: string): KeyId | undefined {
    const holds = ([secret]: [string, KeyId]) => formsOf(secret).some((form) => document.includes(form));
    return [...this.#secrets].find(holds)?.[1];
  }

  keyIds(): KeyId[] {
    return [...this.keys.keys()];
  }

  /** Notes an event, and looks whether all that is served is accepted. */
  happened(event: string): void {
    this.events.push(event);
    for (const name of this.places.keys()) {
      const id = this.serving(name);
      if (id === this.#broken) continue;
      if (this.keys.get(id ?? '')?.state !== 'active') this.refusals.push(`${event}: ${name} serves ${id}`);
    }
  }

  /** The positions at which events stand, to compare. */
  when(event: string): number {
    const at = this.events.indexOf(event);
    if (at < 0) throw new Error(`"${event}" has not happened: ${this.events.join('; ')}`);
    return at;
  }
}

function formsOf(secret: string): string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}

function documentOf(shape: Shape, secret: string): string {
  if (shape === 'raw') return secret;
  if (shape === 'url') return `https://app:${encodeURIComponent(secret)}@host.example/path?kept=1`;
  return JSON.stringify({ auth: { token: secret }, kept: true });
}

export const jsonShape: Shape = { json: { 'auth.token': 'value' } };
