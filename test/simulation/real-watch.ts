import type { Progress, RotationEnd } from '../../contract/index.ts';
import type { Run } from '../../workflows/run.ts';
import type { World } from '../world/world.ts';
import { checkEnd } from './ends.ts';

/** Looks after the rotations of a world that a real server carries out: what has to stand when they end. */
export class RealWatch {
  readonly #world: World;
  /** Targets that served what did not work when the rotation began. */
  #broken = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  begun(): void {
    const { mayGo, targets, waived } = this.#world;
    const served = new Set([...targets.keys()].map((name) => this.#world.serving(name)));
    const [only, ...others] = served;
    if (only !== undefined && others.length === 0) mayGo.add(only);
    waived.clear();
    this.#broken = new Set([...targets.keys()].filter((name) => this.#world.refusedAt(name) !== undefined));
  }

  ended(end: RotationEnd, progress: Progress): void {
    this.#world.trace.push(`ended ${end.outcome}: ${end.reason?.message ?? ''}`);
    this.#world.shown(end, 'the end');
    const knownGood = new Map(progress.targets.flatMap(({ knownGood: held, name }) => (held ? [[name, held]] : [])));
    // Of the run itself only this much can be seen from outside.
    checkEnd(this.#world, end, { baseline: { knownGood, broken: this.#broken } } as unknown as Run, end.rotation);
  }
}
