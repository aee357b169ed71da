import type { Progress, RotationEnd } from '../../contract/index.ts';
import { Chance } from '../world/chance.ts';
import { StoppableClock, sleep } from '../world/clock.ts';
import type { Fault } from '../world/faults.ts';
import type { Pace } from '../world/pace.ts';
import { World } from '../world/world.ts';
import { checkAudit, checkLast } from './ends.ts';
import { Person } from './person.ts';
import { RealHost } from './real-host.ts';
import type { Stage } from './real-stage.ts';
import { RealWatch } from './real-watch.ts';
import { credentialOf } from './rig.ts';
import { atPace, type Scenario } from './scenario.ts';
import type { Report } from './simulate.ts';
import { type Stand, standOf } from './stand.ts';
import { afterwardsMs, latencyMsMax, lookEveryMs } from './telling.ts';

export type RealReport = Pick<Report, 'violations' | 'ends' | 'stands' | 'calls' | 'trace'> & {
  struck: readonly Fault[];
};

const tickMs = 100;
/** No story that ends takes so long. */
const patienceMs = 12 * 60_000;

/** The story that virtual time tells, in real time on a real server. */
export async function tellReally(scenario: Scenario, id: string, stage: Stage, pace: Pace): Promise<RealReport> {
  const story = new RealStory(atPace(scenario, pace), id, stage, pace);
  await story.tell();
  return story.report();
}

class RealStory {
  readonly #scenario: Scenario;
  readonly #pace: Pace;
  readonly #clock = new StoppableClock();
  readonly #world: World;
  readonly #watch: RealWatch;
  readonly #host: RealHost;
  readonly #person: Person;
  readonly #stage: Stage;
  readonly #ends: RotationEnd[] = [];
  readonly #stands: Stand[] = [];
  readonly #startedMs = Date.now();

  constructor(scenario: Scenario, id: string, stage: Stage, pace: Pace) {
    this.#scenario = scenario;
    this.#stage = stage;
    this.#pace = pace;
    const credential = credentialOf(scenario, id, pace);
    this.#world = new World({
      id,
      shape: scenario.world,
      clock: this.#clock,
      chance: new Chance(scenario.chance),
      latencyMsMax: pace(latencyMsMax),
      attemptMs: credential.limits.attemptMs,
      pace,
    });
    stage.worlds.set(id, this.#world);
    this.#watch = new RealWatch(this.#world);
    this.#host = new RealHost({
      client: stage.client,
      queue: stage.queue,
      credential,
      keys: stage.keys,
      surprise: (what) => this.#world.violate('no surprise', what),
      begun: () => this.#begun(),
      ended: (end, progress) => this.#ended(end, progress),
    });
    this.#person = new Person(this.#world, this.#host, scenario.approvers, pace);
    this.#world.network.faults = [...scenario.faults];
    this.#world.attest = (message) => this.#host.attest(message);
  }

  #begun(): void {
    this.#watch.begun();
    this.#person.begins();
  }

  #ended(end: RotationEnd, progress: Progress): void {
    this.#ends.push(end);
    this.#stands.push(standOf(this.#world));
    this.#watch.ended(end, progress);
    this.#person.ends(end);
  }

  async tell(): Promise<void> {
    this.#world.smokeFailsForNew = this.#scenario.smokeTest === 'fails for new';
    this.#world.begin();
    this.#person.request(this.#scenario.request);
    await this.#toTheEnd();
    if (this.#world.violations.length === 0) await this.#again();
    this.#clock.stop();
  }

  async #again(): Promise<void> {
    this.#person.mendAll();
    await this.#toTheEnd();
    this.#person.again();
    await this.#toTheEnd();
    checkLast(this.#world, this.#ends.at(-1));
    this.#stands.push(standOf(this.#world));
    this.#world.network.heal();
    await checkAudit(this.#world, this.#stage.keys);
  }

  async #toTheEnd(): Promise<void> {
    let overMs: number | undefined;
    let lookMs = Date.now() + this.#pace(lookEveryMs);
    while (this.#world.violations.length === 0) {
      overMs = this.#host.isOpen ? undefined : (overMs ?? Date.now() + this.#pace(afterwardsMs));
      if (overMs !== undefined && Date.now() >= overMs) break;
      if (Date.now() >= lookMs) {
        await this.#look();
        lookMs = Date.now() + this.#pace(lookEveryMs);
      }
      if (Date.now() - this.#startedMs > patienceMs) this.#world.violate('no surprise', 'it does not end');
      await sleep(this.#clock, tickMs);
    }
    await this.#host.quiet();
  }

  async #look(): Promise<void> {
    await this.#host.refresh();
    this.#world.shown(this.#host.progress, 'progress');
    if (!this.#person.look()) this.#world.violate('operators can leave', JSON.stringify(this.#host.progress));
  }

  report(): RealReport {
    const { network, trace, violations } = this.#world;
    const { counts, struck } = network;
    return { violations, ends: this.#ends, stands: this.#stands, calls: counts, trace, struck };
  }
}
