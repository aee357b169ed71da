import type { News, RotationEnd } from '../../contract/index.ts';
import type { Run } from '../../workflows/run.ts';
import { Host } from '../engine/host.ts';
import { Chance } from '../world/chance.ts';
import { VirtualClock } from '../world/clock.ts';
import { fullPace, type Pace } from '../world/pace.ts';
import { World } from '../world/world.ts';
import { checkEnd, checkNews } from './ends.ts';
import { Person } from './person.ts';
import { activitiesIn, credentialOf, ring } from './rig.ts';
import type { Scenario } from './scenario.ts';

export const startMs = Date.UTC(2026, 0, 5, 9);
const eventsMax = 60_000;
export const latencyMsMax = 300;
export const lookEveryMs = 2 * 60_000;
/** After the end: for what was under way, and acts late. */
export const afterwardsMs = 30 * 60_000;

export interface TellingGiven {
  id: string;
  scenario: Scenario;
  pace?: Pace;
  /** Another rotation begins, also the first. */
  begun(): void;
  ended(end: RotationEnd, run: Run): void;
}

/** A world, what carries its rotations out, and who is on call: under virtual time, event by event. */
export class Telling {
  readonly clock = new VirtualClock(startMs);
  readonly world: World;
  readonly host: Host;
  readonly person: Person;
  events = 0;
  readonly #pace: Pace;
  readonly #shownOf = new WeakMap<object, number>();
  #stopLooking = () => {};

  constructor({ begun, ended, id, pace = fullPace, scenario }: TellingGiven) {
    this.#pace = pace;
    const { clock } = this;
    const chance = new Chance(scenario.chance);
    const credential = credentialOf(scenario, id, pace);
    const { attemptMs } = credential.limits;
    const world = new World({
      ...{ id, shape: scenario.world, clock, chance, pace },
      ...{ latencyMsMax: pace(latencyMsMax), attemptMs },
    });
    world.smokeFailsForNew = scenario.smokeTest === 'fails for new';
    world.network.faults = [...scenario.faults];
    world.network.crash = () => this.host.crash();
    world.attest = (message) => this.host.tell('attest', message);
    this.world = world;
    const heard = new Map<string, News>();
    this.host = new Host({
      ...{ clock, chance, credential, begun },
      activities: activitiesIn(world),
      keys: ring,
      surprise: (invariant, what) => world.violate(invariant, what),
      told: (_workflowId, news) => heard.set(news.request, news),
      ended: (end, run) => {
        world.trace.push(`ended ${end.outcome}: ${end.reason?.message ?? ''}`);
        checkNews(world, end, run, heard);
        checkEnd(world, end, run, `${end.rotation}#${this.host.runId}`);
        ended(end, run);
        this.person.ends(end);
      },
    });
    this.person = new Person(world, this.host, scenario.approvers, pace);
  }

  async begin({ request }: Scenario): Promise<void> {
    this.world.begin();
    this.person.request(request);
    await this.host.settle();
  }

  /** Until no rotation is open and what was under way is over. */
  async toTheEnd(before: () => Promise<void>, after = () => {}): Promise<void> {
    let overMs: number | undefined;
    this.#lookLater();
    while (this.world.violations.length === 0) {
      if (++this.events > eventsMax) return this.world.violate('no surprise', `no end after ${eventsMax} events`);
      await before();
      overMs = this.host.isOpen ? undefined : (overMs ?? this.clock.now() + this.#pace(afterwardsMs));
      if (overMs !== undefined && (this.clock.nextMs() ?? overMs) >= overMs) break;
      this.clock.step();
      await this.host.settle();
      if (this.host.isLost) await this.host.rebuild();
      this.#watch();
      after();
    }
    this.#stopLooking();
  }

  /** Somebody looks every few minutes. */
  #lookLater(): void {
    this.#stopLooking = this.clock.after(this.#pace(lookEveryMs), () => {
      if (!this.person.look()) {
        this.world.violate('operators can leave', JSON.stringify(this.host.progress?.quarantine));
      }
      this.#lookLater();
    });
  }

  #watch(): void {
    const { execution, run } = this.host;
    if (run?.pastPivot && run.undoing) this.world.violate('no way back past the pivot', run.reason?.message ?? '');
    if (!execution) return;
    // All that the engine would keep.
    const read = this.#shownOf.get(execution) ?? 0;
    this.#shownOf.set(execution, execution.history.length);
    for (const delivery of execution.history.slice(read)) this.world.shown(delivery, 'the history');
    for (const text of execution.shown.splice(0)) this.world.shown(text, 'what is shown of the rotation');
  }
}
