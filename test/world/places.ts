import type { Key, KeyId, NewKey } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import type { HeldKey } from './keys.ts';
import type { World } from './world.ts';

/** Where one key stands: a login. */
export interface Place {
  name: string;
  holds?: KeyId | undefined;
  /** Another one after each change. */
  generation: number;
}

/** What the provider does. Keys stand in places where it has places, else side by side. */
export class ProviderSide {
  readonly places: Place[];
  readonly #world: World;
  #made = 0;

  constructor(world: World) {
    const { kind } = world.shape.provider;
    this.#world = world;
    this.places = { logins: ['a', 'b'], 'in place': ['a'], mints: [], stored: [], 'by hand': [] }[kind].map((name) => ({
      name,
      generation: 0,
    }));
  }

  /** Makes a key of its own beside the others. */
  make(by: HeldKey['by'], id = `K${++this.#made}`, state: Key['state'] = 'active', atMs?: number): HeldKey {
    const world = this.#world;
    const secret = world.newSecret(id);
    world.nameKey(secret, undefined, id);
    const key = world.keys.add(id, secret, by, state, atMs);
    key.rotation = world.network.acting?.rotation;
    world.happened({ what: 'key', key: id, state, by, made: true });
    return key;
  }

  /** Puts a key into a place, without asking. */
  put(place: Place, id: KeyId, by: HeldKey['by'], atMs?: number): void {
    const { keys } = this.#world;
    if (place.holds !== undefined && place.holds !== id) this.#gone(place.holds, by);
    place.holds = id;
    place.generation += 1;
    keys.add(id, this.#world.secretOf(id), by, 'active', atMs).rotation = this.#world.network.acting?.rotation;
    this.#world.happened({ what: 'key', key: id, state: 'active', by, made: true });
  }

  etagOf({ name, holds, generation }: Place): string {
    return `${name}:${generation}:${holds === undefined ? 'empty' : this.#world.keys.state(holds)}`;
  }

  /** The place that a new key goes into, where there are places. @throws KeyturnError `limit` when there is none. */
  placeFor(held: KeyId): { name: string; etag: string } | undefined {
    if (this.places.length === 0) return undefined;
    const free = this.places.length === 1 ? this.places[0] : this.places.find(({ holds }) => holds === undefined);
    if (!free) throw new KeyturnError('limit', `both logins hold a key, beside ${held}`);
    return { name: free.name, etag: this.etagOf(free) };
  }

  listed(): Key[] {
    const { keys } = this.#world;
    if (this.places.length === 0) return keys.listed();
    return this.places.flatMap((place) => {
      if (place.holds === undefined) return [];
      return [{ ...keys.shown(keys.get(place.holds)), etag: this.etagOf(place) }];
    });
  }

  apply({ key }: NewKey, expected: Key | undefined): Key {
    const place = this.places.find(({ name }) => key.id.startsWith(`${name}/`));
    if (!place) throw new KeyturnError('invalid', `there is no place for ${key.id}`);
    if (place.holds !== key.id) {
      const asRead = this.places.length === 1 ? place.holds === expected?.id : this.etagOf(place) === key.etag;
      if (!asRead) throw new KeyturnError('conflict', `somebody else has changed ${place.name}`);
      this.put(place, key.id, 'keyturn');
    }
    return { ...this.#world.keys.shown(this.#world.keys.get(key.id)), etag: this.etagOf(place) };
  }

  setState(key: Key, state: Key['state']): void {
    const { keys } = this.#world;
    if (keys.state(key.id) === 'gone') throw new KeyturnError('not-found', `there is no key ${key.id}`);
    if (keys.state(key.id) === state) return;
    keys.change(key.id, state);
    this.#world.happened({ what: 'key', key: key.id, state, by: 'keyturn' });
  }

  remove({ id }: Key): void {
    const place = this.places.find(({ name, holds }) => holds === id || id.startsWith(`${name}/`));
    if (place && this.places.length === 1) return;
    if (place && place.holds === undefined) place.generation += 1;
    if (place?.holds === id) {
      place.holds = undefined;
      place.generation += 1;
    }
    if (this.#world.keys.state(id) !== 'gone') this.#gone(id, 'keyturn');
  }

  /** By a person, at the provider's own console. */
  removeByHand(id: KeyId): void {
    const place = this.places.find(({ holds }) => holds === id);
    if (place) {
      place.holds = undefined;
      place.generation += 1;
    }
    if (this.#world.keys.state(id) !== 'gone') this.#gone(id, 'person');
  }

  #gone(id: KeyId, by: HeldKey['by']): void {
    this.#world.keys.change(id, 'gone', by);
    this.#world.happened({ what: 'key', key: id, state: 'gone', by });
  }
}
