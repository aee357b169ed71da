import type { Progress, Quarantine, RotationEnd } from '../../contract/index.ts';
import { Host } from '../engine/host.ts';
import { checkAudit, checkEnd, checkKeys } from '../simulation/ends.ts';
import { Person } from '../simulation/person.ts';
import { activitiesIn, credentialOf } from '../simulation/rig.ts';
import { Chance } from '../world/chance.ts';
import { VirtualClock } from '../world/clock.ts';
import { type Violation, World } from '../world/world.ts';
import { noteCalls } from './places.ts';
import type { Site, Tale } from './tale.ts';

const startMs = Date.UTC(2026, 0, 5, 9);
const minuteMs = 60_000;
const lookEveryMs = 2 * minuteMs;
/** After the end: for what was under way, and acts late. */
const afterwardsMs = 30 * minuteMs;
const eventsMax = 60_000;
/** Until a change is seen by everybody. */
const settledMs = 20_000;
const id = 'matrix';

export interface Told {
  violations: readonly Violation[];
  end: RotationEnd | undefined;
  sites: readonly Site[];
  /** How often a fault struck. */
  struck: number;
  /** The first. */
  quarantine: Quarantine | undefined;
  trace: readonly string[];
}

/** Tells one story to its end under virtual time; the world looks at the invariants after every event. */
export async function tell(tale: Tale): Promise<Told> {
  const teller = new Teller(tale);
  await teller.tell();
  return teller.told();
}

class Teller {
  readonly #tale: Tale;
  readonly #clock = new VirtualClock(startMs);
  readonly #world: World;
  readonly #host: Host;
  readonly #person: Person;
  readonly #sites: readonly Site[];
  readonly #shownOf = new WeakMap<object, number>();
  #end: RotationEnd | undefined;
  #quarantine: Quarantine | undefined;
  #turned = false;

  constructor(tale: Tale) {
    const { scenario } = tale;
    const chance = new Chance(scenario.chance);
    const credential = credentialOf(scenario, id);
    const clock = this.#clock;
    this.#tale = tale;
    this.#world = new World({
      id,
      shape: scenario.world,
      clock,
      chance,
      latencyMsMax: 300,
      attemptMs: credential.limits.attemptMs,
    });
    this.#world.smokeFailsForNew = scenario.smokeTest === 'fails for new';
    this.#host = new Host({
      clock,
      chance,
      credential,
      activities: activitiesIn(this.#world),
      surprise: (invariant, what) => this.#world.violate(invariant, what),
      begun: () => this.#begun(),
      ended: (end, run) => {
        this.#end ??= end;
        this.#world.trace.push(`ended ${end.outcome}: ${end.reason?.message ?? ''}`);
        checkEnd(this.#world, end, run, `${end.rotation}#${this.#host.runId}`);
      },
    });
    this.#person = new Person(this.#world, this.#host, scenario.approvers);
    this.#world.network.faults = [...scenario.faults];
    this.#world.network.crash = () => this.#host.crash();
    this.#world.attest = (message) => this.#host.tell('attest', message);
    this.#sites = noteCalls(this.#world, () => this.#host.run);
  }

  #begun(): void {
    const { mayGo, waived } = this.#world;
    mayGo.add(this.#world.serving());
    waived.clear();
    this.#person?.begins();
  }

  async tell(): Promise<void> {
    this.#world.begin();
    this.#person.request(this.#tale.scenario.request);
    await this.#host.settle();
    await this.#toTheEnd();
    checkKeys(this.#world);
    await checkAudit(this.#world);
    const { faults } = this.#tale.scenario;
    if (faults.length > 0 && this.#world.network.struck.length === 0) {
      this.#world.violate('replays alike', 'the call that was to fail was never made');
    }
  }

  async #toTheEnd(): Promise<void> {
    let overMs: number | undefined;
    let events = 0;
    this.#lookLater();
    while (this.#world.violations.length === 0) {
      if (++events > eventsMax) return this.#world.violate('no surprise', `no end after ${eventsMax} events`);
      overMs = this.#host.isOpen ? undefined : (overMs ?? this.#clock.now() + afterwardsMs);
      if (overMs !== undefined && (this.#clock.nextMs() ?? overMs) >= overMs) return;
      this.#clock.step();
      await this.#host.settle();
      if (this.#host.isLost) await this.#host.rebuild();
      if (this.#acts()) await this.#host.settle();
      this.#keepFault();
      this.#readShown();
    }
  }

  /** A person who helps before its time mends nothing of it. */
  #keepFault(): void {
    const { network } = this.#world;
    if (network.struck.length === 0 && network.faults.length === 0) network.faults = [...this.#tale.scenario.faults];
  }

  #lookLater(): void {
    this.#clock.after(lookEveryMs, () => {
      if (!this.#person.look())
        this.#world.violate('operators can leave', JSON.stringify(this.#host.progress?.quarantine));
      this.#lookLater();
    });
  }

  /** What people do in this story. @returns whether they did anything. */
  #acts(): boolean {
    const { run } = this.#host;
    const quarantine = run?.track.quarantine;
    if (run && quarantine && !this.#quarantine) {
      this.#quarantine = quarantine;
      this.#answer(run.pastPivot);
      return true;
    }
    return run !== undefined && !this.#turned && this.#turns(run.track.waits);
  }

  #turns(waits: ReadonlyMap<string, unknown>): boolean {
    const { turn } = this.#tale;
    if (turn === 'red in the soak' && waits.has('soak')) this.#world.smokeFails.add(this.#world.serving());
    else if (turn === 'rollBack in the grace' && waits.has('grace')) this.#person.update('rollBack');
    else return false;
    this.#turned = true;
    return true;
  }

  #answer(pastPivot: boolean): void {
    const { answer } = this.#tale;
    if (answer === undefined) return;
    this.#world.trace.push(`quarantined: ${this.#quarantine?.reason.message}; ${answer}`);
    if (answer === 'resolve') {
      this.#resolve();
      return;
    }
    this.#world.network.heal();
    const refused = answer === 'rollBack' ? this.#person.update('rollBack') : undefined;
    if (answer === 'rollBack' && (refused !== undefined) !== pastPivot) {
      this.#world.violate('known end', `past the pivot: ${pastPivot}, and to roll back is ${refused ?? 'accepted'}`);
    }
    if (answer === 'retry' || refused !== undefined) this.#person.update('retry');
  }

  /** Each thing when the one before it is known everywhere. */
  #resolve(): void {
    putOldKeyBack(this.#world, this.#host.progress);
    this.#clock.after(settledMs, () => {
      if (!this.#host.run?.track.quarantine) return;
      this.#person.mendByHand();
      this.#clock.after(settledMs, () => this.#sayResolved());
    });
  }

  #sayResolved(): void {
    if (!this.#host.run?.track.quarantine) return;
    const refused = this.#person.update('resolve');
    if (refused === undefined) return;
    this.#world.trace.push(`resolve refused: ${refused}`);
    if (!/only the record is missing/.test(refused)) this.#world.violate('operators can leave', refused);
    this.#person.update('retry');
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

  told(): Told {
    const { network, trace, violations } = this.#world;
    const struck = network.struck.length;
    return { violations, end: this.#end, sites: this.#sites, struck, quarantine: this.#quarantine, trace };
  }
}

/** At the provider's own console, as long as the rotation itself would go back to it. */
function putOldKeyBack(world: World, progress: Progress | undefined): void {
  const { keys, provider } = world;
  const old = progress?.targets[0]?.knownGood?.keyId;
  if (old === undefined || progress?.pastPivot || world.shape.provider.kind === 'stored') return;
  const [place] = provider.places;
  if (keys.state(old) === 'disabled') {
    keys.change(old, 'active', 'person');
    world.happened({ what: 'key', key: old, state: 'active', by: 'person' });
  } else if (keys.state(old) === 'gone' && place) provider.put(place, old, 'person');
}
