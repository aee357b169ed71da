import type { World } from '../world/world.ts';

/** What stands in a world, in words that do not depend on how keys happen to be named. */
export interface Stand {
  /** By target. */
  serves: Record<string, string>;
  /** Keys at the provider, sorted. */
  keys: string[];
}

export function standOf(world: World): Stand {
  const served = [...world.everServed];
  const nameOf = (id: string) => {
    const at = served.indexOf(id);
    if (id === 'unknown') return 'a stranger’s value';
    return at < 0 ? 'a key that was never served' : at === 0 ? 'the first key' : `key ${at + 1}`;
  };
  return {
    serves: Object.fromEntries([...world.targets.keys()].map((name) => [name, nameOf(world.serving(name))])),
    keys: world.keys
      .present()
      .map(({ by, id }) => `${nameOf(id)} of ${by === 'keyturn' ? 'ours' : 'a person’s'}, ${world.keys.state(id)}`)
      .sort(),
  };
}
