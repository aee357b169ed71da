import { createHash } from 'node:crypto';

/** Numbers that only look random: the same seed and name give the same ones. */
export class Chance {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: number, name: string) {
    this.#seed = `${seed}/${name}`;
  }

  /** An integer, at least `from` and less than `to`. */
  between(from: number, to: number): number {
    this.#drawn += 1;
    const digest = createHash('sha256').update(`${this.#seed}/${this.#drawn}`).digest();
    return from + (digest.readUInt32BE() % (to - from));
  }

  /** True once in so many times. */
  onceIn(times: number): boolean {
    return this.between(0, times) === 0;
  }
}
