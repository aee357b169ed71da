import type { Progress, Quarantine, RotationEnd } from '../../contract/index.ts';
import type { Host } from '../engine/host.ts';
import { checkAudit, checkKeys } from '../simulation/ends.ts';
import type { Person } from '../simulation/person.ts';
import { Telling } from '../simulation/telling.ts';
import type { Violation, World } from '../world/world.ts';
import { noteCalls } from './places.ts';
import type { Site, Tale } from './tale.ts';

/** Until a change is seen by everybody. */
const settledMs = 20_000;

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
  readonly #telling: Telling;
  readonly #world: World;
  readonly #host: Host;
  readonly #person: Person;
  readonly #sites: readonly Site[];
  #end: RotationEnd | undefined;
  #quarantine: Quarantine | undefined;
  #turned = false;

  constructor(tale: Tale) {
    this.#tale = tale;
    this.#telling = new Telling({
      ...{ id: 'matrix', scenario: tale.scenario },
      begun: () => this.#begun(),
      ended: (end) => {
        this.#end ??= end;
      },
    });
    const { host, person, world } = this.#telling;
    this.#world = world;
    this.#host = host;
    this.#person = person;
    this.#sites = noteCalls(world, () => host.run);
  }

  #begun(): void {
    const { mayGo, waived } = this.#world;
    mayGo.add(this.#world.serving());
    waived.clear();
    this.#person.begins();
  }

  async tell(): Promise<void> {
    await this.#telling.begin(this.#tale.scenario);
    await this.#telling.toTheEnd(() => this.#next());
    checkKeys(this.#world);
    await checkAudit(this.#world);
    const { faults } = this.#tale.scenario;
    if (faults.length > 0 && this.#world.network.struck.length === 0) {
      this.#world.violate('replays alike', 'the call that was to fail was never made');
    }
  }

  async #next(): Promise<void> {
    if (this.#acts()) await this.#host.settle();
    this.#keepFault();
  }

  /** A person who helps before its time mends nothing of it. */
  #keepFault(): void {
    const { network } = this.#world;
    if (network.struck.length === 0 && network.faults.length === 0) network.faults = [...this.#tale.scenario.faults];
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
    this.#world.clock.after(settledMs, () => {
      if (!this.#host.run?.track.quarantine) return;
      this.#person.mendByHand();
      this.#world.clock.after(settledMs, () => this.#sayResolved());
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
