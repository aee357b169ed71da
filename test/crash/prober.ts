import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane } from './lane.ts';
import type { Served } from './stand/places.ts';
import type { Tally } from './tally.ts';

const everyMs = 250;

/** Reads what is current, again and again, and uses it; and uses what the consumer uses. */
export class Prober {
  /** Every document that was ever seen. */
  readonly seen = new Set<string>();
  readonly #lane: Lane;
  readonly #tally: Tally;
  #stopped = false;
  readonly #done: Promise<unknown>;

  constructor(lane: Lane, tally: Tally) {
    this.#lane = lane;
    this.#tally = tally;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      for (const [index, place] of this.#lane.places.entries()) {
        const target = `target-${index + 1}`;
        await this.#probe(`${target} serves`, () => place.current());
        await this.#probe(`the consumer of ${target} uses`, async () => {
          const document = this.#lane.held.get(target) ?? '';
          return { version: this.#lane.issuer.nameOf(document), document };
        });
      }
      await sleep(everyMs);
    }
  }

  /** Refused counts only when the same stands there still: else it was replaced between the look and the use. */
  async #probe(what: string, read: () => Promise<Served>): Promise<void> {
    const { issuer, name } = this.#lane;
    this.#tally.probes += 1;
    try {
      const served = await read();
      this.seen.add(served.document);
      if (await issuer.accepts(served.document)) return;
      const now = await read();
      if (now.version !== served.version || now.document !== served.document) return;
      this.#tally.violation(
        name,
        `${new Date().toISOString()} ${what} ${issuer.nameOf(served.document)} (version ${served.version}), which is refused`,
      );
    } catch {
      this.#tally.unanswered += 1;
    }
  }
}
