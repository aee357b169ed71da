import type { Key, KeyId } from '../../contract/index.ts';
import type { Clock } from './clock.ts';

export interface HeldKey {
  id: KeyId;
  secret: string;
  createdMs: number;
  /** Who made it. */
  by: 'keyturn' | 'person';
  /** The rotation that made it. */
  rotation?: string | undefined;
  /** Whether it is accepted from then on; the last one counts. Absent from the list: refused for ever. */
  changes: { atMs: number; state: Key['state'] | 'gone'; by: 'keyturn' | 'person' }[];
  /** Who has used it, from when to when. */
  uses: { by: string; fromMs: number; toMs?: number }[];
  /** The provider does not count its uses. */
  uncounted?: true;
}

export interface Lags {
  /** One of the provider's servers knows of a change at once, the other so much later. */
  propagationMs: number;
  /** A use is reported so much later. */
  lastUsedMs: number;
}

/** Every key that there has ever been at the provider. */
export class Keys {
  readonly all = new Map<KeyId, HeldKey>();
  readonly #clock: Clock;
  readonly #lags: Lags;

  constructor(clock: Clock, lags: Lags) {
    this.#clock = clock;
    this.#lags = lags;
  }

  add(id: KeyId, secret: string, by: HeldKey['by'], state: Key['state'] = 'active', atMs = this.#clock.now()): HeldKey {
    const key: HeldKey = { id, secret, by, createdMs: atMs, changes: [{ atMs, state, by }], uses: [] };
    this.all.set(id, key);
    return key;
  }

  get(id: KeyId): HeldKey {
    const key = this.all.get(id);
    if (!key) throw new Error(`there has never been a key ${id}`);
    return key;
  }

  change(id: KeyId, state: Key['state'] | 'gone', by: HeldKey['by'] = 'keyturn'): void {
    this.get(id).changes.push({ atMs: this.#clock.now(), state, by });
  }

  /** As it is, whoever knows. */
  state(id: KeyId | undefined): Key['state'] | 'gone' {
    return this.all.get(id ?? '')?.changes.at(-1)?.state ?? 'gone';
  }

  /** As a server knows it that lags behind by that much. */
  #stateBehind(id: KeyId, lagMs: number): Key['state'] | 'gone' {
    const untilMs = this.#clock.now() - lagMs;
    return this.all.get(id)?.changes.findLast(({ atMs }) => atMs <= untilMs)?.state ?? 'gone';
  }

  acceptedBy(id: KeyId | undefined, server: 'fast' | 'slow'): boolean {
    return this.#stateBehind(id ?? '', server === 'fast' ? 0 : this.#lags.propagationMs) === 'active';
  }

  acceptedEverywhere(id: KeyId | undefined): boolean {
    return this.acceptedBy(id, 'fast') && this.acceptedBy(id, 'slow');
  }

  present(): HeldKey[] {
    return [...this.all.values()].filter(({ id }) => this.state(id) !== 'gone');
  }

  /** As the slower server lists them: a new key may be missing, one that is gone may still stand there. */
  listed(): Key[] {
    const lagMs = this.#lags.propagationMs;
    return [...this.all.values()].flatMap((key) => {
      const state = this.#stateBehind(key.id, lagMs);
      return state === 'gone' ? [] : [{ ...this.shown(key), state }];
    });
  }

  shown(key: HeldKey): Key {
    const state = this.state(key.id);
    return {
      id: key.id,
      state: state === 'disabled' ? 'disabled' : 'active',
      createdAt: new Date(key.createdMs).toISOString(),
      lastUse: this.#lastUse(key),
    };
  }

  #lastUse({ uncounted, uses }: HeldKey): NonNullable<Key['lastUse']> {
    if (uncounted) return 'unknown';
    const untilMs = this.#clock.now() - this.#lags.lastUsedMs;
    const seen = uses.filter(({ fromMs }) => fromMs <= untilMs);
    const last = seen.toSorted((a, b) => (a.toMs ?? untilMs) - (b.toMs ?? untilMs)).at(-1);
    if (!last) return 'never';
    return { at: new Date(Math.min(last.toMs ?? untilMs, untilMs)).toISOString(), by: last.by };
  }

  /** @returns how to say that it is over. */
  use(id: KeyId, by: string): () => void {
    const key = this.all.get(id);
    if (!key) return () => {};
    const use: HeldKey['uses'][number] = { by, fromMs: this.#clock.now() };
    key.uses.push(use);
    return () => {
      use.toMs ??= this.#clock.now();
    };
  }

  usedNow(id: KeyId): string[] {
    return (this.all.get(id)?.uses ?? []).filter(({ toMs }) => toMs === undefined).map(({ by }) => by);
  }

  lastUsedMs(id: KeyId): number {
    return Math.max(0, ...(this.all.get(id)?.uses ?? []).map(({ toMs }) => toMs ?? this.#clock.now()));
  }
}
