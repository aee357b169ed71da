import { isRead, type Point } from './worker/points.ts';

/** The boundaries of clean runs, of all lanes together, and those at which a worker has died. */
export class Marks {
  readonly #needed = new Set<string>();
  readonly #met = new Set<string>();
  /** By lane and place: the step that it belongs to, as a rotation told it. */
  readonly steps = new Map<string, string>();

  need(name: string): void {
    this.#needed.add(name);
  }

  /** @returns whether it was open; from now on it is not. */
  take(name: string): boolean {
    if (!this.#needed.has(name) || this.#met.has(name)) return false;
    this.#met.add(name);
    return true;
  }

  get needed(): number {
    return this.#needed.size;
  }

  get open(): string[] {
    return [...this.#needed].filter((name) => !this.#met.has(name));
  }
}

/** Names the points of one rotation: the same for the same place in every rotation that ends the same way. */
export class Names {
  readonly #ending: string;
  readonly #activities = new Map<string, string>();
  readonly #perActivity = new Map<string, number>();
  readonly #calls = new Map<string, number>();

  constructor(ending: string) {
    this.#ending = ending;
  }

  /** The activity among those of its kind, without the point in it. */
  placeOf({ activity, activityId }: Point): string {
    const known = this.#activities.get(activityId);
    if (known !== undefined) return known;
    const nth = (this.#perActivity.get(activity) ?? 0) + 1;
    this.#perActivity.set(activity, nth);
    const place = `${this.#ending}: ${activity} ${nth}`;
    this.#activities.set(activityId, place);
    return place;
  }

  /** Has to be asked once for each point, in their order. */
  of(point: Point): string {
    const place = this.placeOf(point);
    const { activity, activityId, attempt, boundary, call } = point;
    // Whoever dies before a read leaves nothing behind: once for each activity that makes it is enough.
    if (isRead(call)) return `${activity}, ${boundary} ${call}`;
    const counted = `${activityId}/${attempt}/${call}/${boundary}`;
    const nth = (this.#calls.get(counted) ?? 0) + 1;
    this.#calls.set(counted, nth);
    return `${place}, ${boundary} ${call} ${nth}`;
  }
}
