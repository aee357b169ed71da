import {
  type KeyId,
  type KeyValue,
  type Progress,
  type Request,
  type RotationEnd,
  Secret,
} from '../../contract/index.ts';
import type { UpdateName } from '../engine/host.ts';
import { fullPace, type Pace } from '../world/pace.ts';
import type { World } from '../world/world.ts';

const minuteMs = 60_000;

/** What a person says to, and sees of, whatever carries the rotations out. */
export interface Desk {
  readonly isOpen: boolean;
  readonly progress: Progress | undefined;
  request(request: Request): void;
  /** @returns why it was refused, if it was. */
  update(name: UpdateName, message: never): string | undefined;
  terminate(): void;
  seal(id: string, value: KeyValue): Promise<string>;
}

/**
 * The person on call: looks every few minutes, gives what the rotation asks for, and helps where it stands. Whatever has
 * happened, this is enough to bring it to an end.
 */
export class Person {
  readonly #world: World;
  readonly #host: Desk;
  readonly #approvers: number;
  readonly #pace: Pace;
  #requests = 0;
  /** In this rotation. */
  #helped = 0;
  #approvals = 0;
  #terminated = 0;
  #handsIn = 0;
  /** What they have made last at a provider whose keys are made by hand. */
  #made: KeyId | undefined;
  #seen = '';
  #sinceMs = 0;

  constructor(world: World, host: Desk, approvers: number, pace = fullPace) {
    this.#world = world;
    this.#host = host;
    this.#approvers = approvers;
    this.#pace = pace;
  }

  /** Another rotation begins. */
  begins(): void {
    this.#helped = 0;
  }

  /** What Keyturn says that it has left at a provider whose keys are revoked by hand. */
  ends({ leftAtProvider = [] }: RotationEnd): void {
    if (this.#world.shape.provider.kind !== 'by hand') return;
    this.#made = undefined;
    for (const id of leftAtProvider) this.#world.provider.removeByHand(id);
  }

  request(options: Partial<Request> = {}): void {
    const { clock, mayGo } = this.#world;
    if (options.replace !== undefined) mayGo.add(options.replace);
    if (options.urgency === 'compromised') this.#declare(options);
    this.#requests += 1;
    this.#host.request({
      id: `request-${this.#requests}`,
      tells: 'fleet/of-the-story',
      at: new Date(clock.now()).toISOString(),
      by: 'ada',
      urgency: 'routine',
      ...options,
    });
  }

  /** By force: whatever it was told is forgotten. */
  terminate(): void {
    this.#world.barred.clear();
    this.#world.cutOffMs = this.#world.clock.now();
    this.#host.terminate();
  }

  /** All that exists now is known to others. */
  #declare({ withinMs = 300_000 }: Partial<Request>): void {
    const { barred, clock, consumers, excused, keys, leaked, mayGo } = this.#world;
    for (const id of keys.all.keys()) {
      leaked.add(id);
      mayGo.add(id);
      barred.set(id, clock.now());
    }
    // At the deadline those who check a stored value are no longer waited for.
    for (const { shape } of consumers.values()) if (shape.role === 'accepts') excused.add(shape.name);
    this.#world.leakDeadlineMs = Math.min(this.#world.leakDeadlineMs, clock.now() + withinMs);
  }

  update(name: UpdateName, message: Record<string, unknown> = {}): string | undefined {
    const { planHash } = this.#host.progress ?? {};
    const wait = typeof message.wait === 'string' ? message.wait : undefined;
    const by = name === 'approve' ? `approver-${this.#approvals++}` : 'ada';
    const full = { by, ...(name === 'approve' ? { planHash } : {}), ...message };
    const refused = this.#host.update(name, full as never);
    if (refused === undefined && name === 'proceed' && wait !== undefined) this.#waive(wait);
    return refused;
  }

  #waive(wait: string): void {
    const name = wait.replace(/^(consumer|tell) /, '');
    this.#world.waived.add(name);
    if (this.#world.consumers.get(name)?.shape.role === 'accepts') this.#world.excused.add(name);
  }

  /** What it ended as does not let them sleep: all is mended, and the next rotation has no excuse. */
  mendAll(): void {
    this.#world.smokeFailsForNew = false;
    for (const { instances } of this.#world.consumers.values()) for (const each of instances) each.mended = true;
    this.mendByHand();
  }

  /** @returns false when nothing that a person could do is left. */
  look(): boolean {
    const { progress } = this.#host;
    if (!progress || !this.#host.isOpen) return true;
    if (progress.waits.some(({ name }) => name === 'approval')) {
      for (let count = 0; count < this.#approvers; count += 1) this.update('approve', { by: `approver-${count}` });
    }
    this.#worksByHand(progress);
    const now = JSON.stringify([progress.rotation, progress.steps, progress.waits, progress.quarantine]);
    if (now !== this.#seen) {
      this.#seen = now;
      this.#sinceMs = this.#world.clock.now();
    }
    const due = progress.waits.some(({ until }) => until !== undefined && Date.parse(until) > this.#world.clock.now());
    const patienceMs = this.#pace(progress.quarantine ? 2 * minuteMs : 40 * minuteMs);
    if (due || this.#world.clock.now() - this.#sinceMs < patienceMs) return true;
    this.#sinceMs = this.#world.clock.now();
    return this.#help();
  }

  /** What only a person can do. */
  #worksByHand({ waits }: Progress): void {
    for (const { detail, name } of waits) {
      const [, revoked] = /revoked (\S+) at/.exec(detail) ?? [];
      if (name === 'value') void this.#handIn();
      if (revoked === undefined) continue;
      this.#world.toRevoke.add(revoked);
      this.#world.provider.removeByHand(revoked);
      if (name === 'revocation') this.update('proceed', { wait: name });
    }
  }

  /** The same key again, where it was not taken. */
  async #handIn(): Promise<void> {
    const { keys, leaked, provider } = this.#world;
    let made = this.#made ?? '';
    if (leaked.has(made) || keys.state(made) === 'gone') {
      // What was not taken is theirs to revoke.
      const isServed = [...this.#world.targets.keys()].some((name) => this.#world.serving(name) === made);
      if (keys.state(made) !== 'gone' && !isServed) provider.removeByHand(made);
      made = provider.make('person', `HAND-${keys.all.size}`).id;
      this.#made = made;
    }
    const value = { user: new Secret('app'), value: new Secret(this.#world.secretOf(made)) };
    const id = `hand-in-${++this.#handsIn}`;
    const sealed = await this.#host.seal(id, value);
    this.update('handIn', { id, sealed });
  }

  /** More and more, each time that it still stands. */
  #help(): boolean {
    const { progress } = this.#host;
    this.#helped += 1;
    this.#world.trace.push(
      `help ${this.#helped}: ${progress?.quarantine?.reason.message ?? JSON.stringify(progress?.waits)}`,
    );
    if (this.#terminated > 3) return false;
    if (progress?.quarantine === undefined) {
      this.#world.network.heal();
      for (const consumer of this.#world.consumers.values()) consumer.wake();
      if (this.#helped > 2) for (const { name } of progress?.waits ?? []) this.update('proceed', { wait: name });
    } else if (this.#helped === 1) this.update('retry');
    else if (this.#helped < 5) {
      this.#world.network.heal();
      this.update('retry');
    } else if (this.#helped < 9) {
      this.mendByHand();
      if (this.update('resolve') !== undefined) this.update('retry');
    } else {
      this.#terminated += 1;
      this.terminate();
      this.mendAll();
      // What was put right by hand is served everywhere only after a while.
      this.#world.clock.after(this.#pace(minuteMs), () => this.#host.isOpen || this.again());
    }
    return true;
  }

  /** Asks for a rotation over what an earlier one has left, with what it says that it needs. */
  again(): void {
    const { keys, shape, targets } = this.#world;
    const served = [...targets.keys()].map((name) => this.#world.serving(name));
    const stray = keys.present().find(({ by, id }) => by === 'person' && !served.includes(id));
    const isLimited = shape.provider.kind === 'logins' || shape.provider.keysMax !== undefined;
    const { leaked } = this.#world;
    const isOpen = [...leaked].some((id) => keys.acceptedBy(id, 'fast') || keys.acceptedBy(id, 'slow'));
    const urgency = isOpen ? ('compromised' as const) : ('routine' as const);
    this.request({ converge: true, acceptBroken: true, urgency, ...(stray && isLimited ? { replace: stray.id } : {}) });
  }

  /** Every target serves one key that works, and what else was made is gone. */
  mendByHand(): void {
    const { keys, leaked, network, provider, smokeFails, targets } = this.#world;
    network.heal();
    smokeFails.clear();
    const { newKey, pastPivot, targets: standing = [] } = this.#host.progress ?? {};
    const old = standing[0]?.knownGood?.keyId;
    const works = (id: string | undefined) => id !== undefined && this.#works(id);
    const clean = (id: string | undefined) => works(id) && !leaked.has(id ?? '');
    const served = [...targets.keys()].map((name) => this.#world.serving(name));
    const all = [pastPivot ? newKey : old, newKey, old, ...served, ...keys.present().map(({ id }) => id)];
    // Where those who check a value know none of them yet, they will come to know the new one.
    const stays = all.find(clean) ?? all.find(works) ?? (pastPivot ? newKey : undefined);
    if (stays === undefined) return;
    for (const [name, side] of targets) {
      side.pending = undefined;
      if (this.#world.serving(name) !== stays) side.store(this.#world.secretOf(stays), 'person', true);
    }
    for (const { by, id } of keys.present()) {
      if (id !== stays && (by === 'keyturn' || (pastPivot && id === old))) provider.removeByHand(id);
    }
    for (const consumer of this.#world.consumers.values()) consumer.wake();
  }

  #works(id: string): boolean {
    if (this.#world.shape.provider.kind !== 'stored') return this.#world.keys.state(id) === 'active';
    const accepters = [...this.#world.consumers.values()].filter(({ shape }) => shape.role === 'accepts');
    return accepters.flatMap(({ instances }) => instances).every(({ accepts }) => accepts.has(id));
  }
}
