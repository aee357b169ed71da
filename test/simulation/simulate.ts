import type { Progress, RotationEnd } from '../../contract/index.ts';
import { Host } from '../engine/host.ts';
import { Chance } from '../world/chance.ts';
import { VirtualClock } from '../world/clock.ts';
import { fullPace, type Pace } from '../world/pace.ts';
import { type Violation, World } from '../world/world.ts';
import { checkAudit, checkEnd, checkLast } from './ends.ts';
import { Person } from './person.ts';
import { activitiesIn, credentialOf } from './rig.ts';
import { type Act, atPace, type Moment, type Scenario } from './scenario.ts';
import { type Stand, standOf } from './stand.ts';

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

const startMs = Date.UTC(2026, 0, 5, 9);
const eventsMax = 60_000;
export const latencyMsMax = 300;
export const lookEveryMs = 2 * 60_000;
/** After the end: for what was under way, and acts late. */
export const afterwardsMs = 30 * 60_000;

/** One story, told to its end under virtual time. */
export async function simulate(scenario: Scenario, pace = fullPace): Promise<Report> {
  const story = new Story(atPace(scenario, pace), pace);
  await story.tell();
  return story.report();
}

class Story {
  readonly #scenario: Scenario;
  readonly #pace: Pace;
  readonly #clock = new VirtualClock(startMs);
  readonly #world: World;
  readonly #host: Host;
  readonly #person: Person;
  readonly #acts: Act[];
  readonly #done: string[] = [];
  readonly #ends: RotationEnd[] = [];
  readonly #stands: Stand[] = [];
  #events = 0;
  #looking = () => {};
  #shownOf = new WeakMap<object, number>();

  constructor(scenario: Scenario, pace: Pace) {
    this.#scenario = scenario;
    this.#pace = pace;
    const chance = new Chance(scenario.chance);
    const id = 'simulated';
    const credential = credentialOf(scenario, id, pace);
    const clock = this.#clock;
    this.#world = new World({
      id,
      shape: scenario.world,
      clock,
      chance,
      latencyMsMax: pace(latencyMsMax),
      attemptMs: credential.limits.attemptMs,
      pace,
    });
    this.#host = new Host({
      clock,
      chance,
      credential,
      activities: activitiesIn(this.#world),
      surprise: (invariant, what) => this.#world.violate(invariant, what),
      begun: () => this.#begun(),
      ended: (end, run) => {
        this.#ends.push(end);
        this.#stands.push(standOf(this.#world));
        this.#world.trace.push(`ended ${end.outcome}: ${end.reason?.message ?? ''}`);
        checkEnd(this.#world, end, run, `${end.rotation}#${this.#host.runId}`);
      },
    });
    this.#person = new Person(this.#world, this.#host, scenario.approvers, pace);
    this.#acts = scenario.acts.toSorted((a, b) => a.afterCalls - b.afterCalls);
    this.#world.network.faults = [...scenario.faults];
    this.#world.network.crash = () => this.#host.crash();
    this.#world.attest = (message) => this.#host.tell('attest', message);
  }

  #begun(): void {
    const { mayGo, targets, waived } = this.#world;
    const served = new Set([...targets.keys()].map((name) => this.#world.serving(name)));
    const [only, ...others] = served;
    if (only !== undefined && others.length === 0) mayGo.add(only);
    waived.clear();
    this.#person?.begins();
  }

  async tell(): Promise<void> {
    this.#world.smokeFailsForNew = this.#scenario.smokeTest === 'fails for new';
    this.#world.begin();
    this.#person.request(this.#scenario.request);
    await this.#host.settle();
    await this.#toTheEnd();
    if (this.#world.violations.length > 0) return;
    await this.#again();
    this.#stands.push(standOf(this.#world));
    await checkAudit(this.#world);
  }

  /** Whatever has happened, the next rotation finds a way. */
  async #again(): Promise<void> {
    this.#acts.length = 0;
    this.#person.mendAll();
    await this.#toTheEnd();
    this.#person.again();
    await this.#toTheEnd();
    checkLast(this.#world, this.#ends.at(-1));
  }

  async #toTheEnd(): Promise<void> {
    let overMs: number | undefined;
    this.#looking = this.#lookLater();
    while (this.#world.violations.length === 0) {
      if (++this.#events > eventsMax) return this.#world.violate('no surprise', `no end after ${eventsMax} events`);
      await this.#act();
      overMs = this.#host.isOpen ? undefined : (overMs ?? this.#clock.now() + this.#pace(afterwardsMs));
      if (overMs !== undefined && (this.#clock.nextMs() ?? overMs) >= overMs) break;
      this.#clock.step();
      await this.#host.settle();
      if (this.#host.isLost) await this.#host.rebuild();
      this.#readShown();
      const { run } = this.#host;
      if (run?.pastPivot && run.undoing) this.#world.violate('no way back past the pivot', run.reason?.message ?? '');
    }
    this.#looking();
  }

  /** Somebody looks every few minutes. */
  #lookLater(): () => void {
    return this.#clock.after(this.#pace(lookEveryMs), () => {
      if (!this.#person.look())
        this.#world.violate('operators can leave', JSON.stringify(this.#host.progress?.quarantine));
      this.#looking = this.#lookLater();
    });
  }

  /** All that the engine would keep. */
  #readShown(): void {
    const { execution } = this.#host;
    if (!execution) return;
    const read = this.#shownOf.get(execution) ?? 0;
    this.#shownOf.set(execution, execution.history.length);
    for (const delivery of execution.history.slice(read)) this.#world.shown(delivery, 'the history');
    for (const text of execution.shown.splice(0)) this.#world.shown(text, 'what is shown of the rotation');
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
    this.#world.cutOffMs = this.#clock.now();
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
      virtualMs: this.#clock.now() - startMs,
      events: this.#events,
      calls: network.counts,
      trace,
    };
  }
}
