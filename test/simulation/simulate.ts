import type { Progress, RotationEnd } from '../../contract/index.ts';
import type { Host } from '../engine/host.ts';
import { fullPace, type Pace } from '../world/pace.ts';
import type { Violation, World } from '../world/world.ts';
import { checkAudit, checkLast } from './ends.ts';
import type { Person } from './person.ts';
import { type Act, atPace, type Moment, type Scenario } from './scenario.ts';
import { type Stand, standOf } from './stand.ts';
import { startMs, Telling } from './telling.ts';

export interface Report {
  violations: readonly Violation[];
  ends: readonly RotationEnd[];
  /** What stood when each rotation ended, and in the end. */
  stands: readonly Stand[];
  /** Kinds of the faults that struck. */
  faults: readonly string[];
  /** Acts that could be done. */
  acts: readonly string[];
  virtualMs: number;
  events: number;
  calls: ReadonlyMap<string, number>;
  trace: readonly string[];
}

function isThere({ pastPivot, state, waits }: Progress, moment: Moment): boolean {
  if (moment === 'past the pivot') return pastPivot;
  return state === moment || waits.some(({ name }) => name.startsWith(moment));
}

/** One story, told to its end under virtual time. */
export async function simulate(scenario: Scenario, pace = fullPace): Promise<Report> {
  const story = new Story(atPace(scenario, pace), pace);
  await story.tell();
  return story.report();
}

class Story {
  readonly #scenario: Scenario;
  readonly #telling: Telling;
  readonly #world: World;
  readonly #host: Host;
  readonly #person: Person;
  readonly #acts: Act[];
  readonly #done: string[] = [];
  readonly #ends: RotationEnd[] = [];
  readonly #stands: Stand[] = [];

  constructor(scenario: Scenario, pace: Pace) {
    this.#scenario = scenario;
    this.#telling = new Telling({
      ...{ id: 'simulated', scenario, pace },
      begun: () => this.#begun(),
      ended: (end) => {
        this.#ends.push(end);
        this.#stands.push(standOf(this.#world));
      },
    });
    const { host, person, world } = this.#telling;
    this.#world = world;
    this.#host = host;
    this.#person = person;
    this.#acts = scenario.acts.toSorted((a, b) => a.afterCalls - b.afterCalls);
  }

  #begun(): void {
    const { mayGo, targets, waived } = this.#world;
    const served = new Set([...targets.keys()].map((name) => this.#world.serving(name)));
    const [only, ...others] = served;
    if (only !== undefined && others.length === 0) mayGo.add(only);
    waived.clear();
    this.#person.begins();
  }

  async tell(): Promise<void> {
    await this.#telling.begin(this.#scenario);
    await this.#telling.toTheEnd(() => this.#act());
    if (this.#world.violations.length > 0) return;
    await this.#again();
    this.#stands.push(standOf(this.#world));
    await checkAudit(this.#world);
  }

  /** Whatever has happened, the next rotation finds a way. */
  async #again(): Promise<void> {
    this.#acts.length = 0;
    this.#person.mendAll();
    await this.#telling.toTheEnd(() => this.#act());
    this.#person.again();
    await this.#telling.toTheEnd(() => this.#act());
    checkLast(this.#world, this.#ends.at(-1));
  }

  async #act(): Promise<void> {
    for (let act = this.#due(); act; act = this.#due()) {
      this.#acts.splice(this.#acts.indexOf(act), 1);
      const refused = await this.#doing(act);
      this.#world.trace.push(`${act.kind}${refused === undefined ? '' : ` refused: ${refused}`}`);
      if (refused === undefined) this.#done.push(act.kind);
      await this.#host.settle();
    }
  }

  #due(): Act | undefined {
    const { progress } = this.#host;
    const { calls, struck } = this.#world.network;
    return this.#acts.find(({ afterCalls, when }) => {
      if (when === undefined) return afterCalls <= calls;
      if (when === 'late call') return struck.some(({ kind }) => kind === 'late');
      return progress !== undefined && isThere(progress, when);
    });
  }

  /** @returns why it could not be done, if it could not. */
  async #doing({ kind, share }: Act): Promise<string | undefined> {
    const { execution, progress } = this.#host;
    if (kind === 'compromise') return this.#person.request({ urgency: 'compromised' }) as undefined;
    if (kind === 'request' || kind === 'hurry')
      return this.#person.request(kind === 'hurry' ? { urgency: 'expedited' } : {}) as undefined;
    if (!execution || !progress) return 'there is no rotation';
    switch (kind) {
      case 'proceed':
        return this.#person.update('proceed', {
          wait: progress.waits[Math.floor(share * progress.waits.length)]?.name,
        });
      case 'cancel':
        return this.#host.tell('cancel', undefined) as undefined;
      case 'turn red':
        return void this.#world.smokeFails.add(this.#world.serving());
      case 'crash':
        return this.#host.crash() as undefined;
      case 'rebuild':
        return this.#host.rebuild() as Promise<undefined>;
      case 'terminate':
        this.#person.terminate();
        return this.#person.again() as undefined;
      case 'reset':
        return this.#reset(Math.floor(share * execution.history.length)) as Promise<undefined>;
      default:
        return this.#person.update(kind);
    }
  }

  /** From then on it knows nothing of what it has done. */
  async #reset(kept: number): Promise<void> {
    this.#world.cutOffMs = this.#world.clock.now();
    await this.#host.reset(kept);
    this.#begun();
  }

  report(): Report {
    const { network, trace, violations } = this.#world;
    return {
      violations,
      ends: this.#ends,
      stands: this.#stands,
      faults: network.struck.map(({ kind }) => kind),
      acts: this.#done,
      virtualMs: this.#world.clock.now() - startMs,
      events: this.#telling.events,
      calls: network.counts,
      trace,
    };
  }
}
