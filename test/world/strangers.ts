import type { KeyId } from '../../contract/index.ts';
import type { World } from './world.ts';

/** Somebody else, with the same rights, who changes what the rotation is about to change. */
export class Strangers {
  /** Versions that they stored while a rotation ran. */
  readonly versions = new Set<string>();
  readonly #world: World;
  #made = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** They make a key, or set another one in the place that is to be changed. */
  readonly atProvider = (): void => {
    const { keys, provider, shape } = this.#world;
    if (shape.provider.kind === 'mints') {
      if (keys.present().length < (shape.provider.keysMax ?? 9)) provider.make('person', `STRANGER-${++this.#made}`);
      return;
    }
    const place = provider.places.find(({ holds }) => !this.#isServed(holds)) ?? provider.places[0];
    if (!place) return;
    const id = `${place.name}/STRANGER-${++this.#made}`;
    this.#world.nameKey(this.#world.newSecret(id), undefined, id);
    provider.put(place, id, 'person');
  };

  #isServed(key: KeyId | undefined): boolean {
    return [...this.#world.targets.keys()].some((name) => this.#world.serving(name) === key);
  }

  /** They store a value of their own, and have it served. */
  atTarget(name: string): void {
    const side = this.#world.target(name);
    const id = side.store(`s3cr3t-of-a-stranger-${++this.#made}`, 'person', true);
    this.versions.add(`${name}/${id}`);
  }
}
