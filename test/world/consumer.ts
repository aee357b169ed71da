import type { Attestation, AttestMessage, Change, Consumer, KeyId } from '../../contract/index.ts';
import type { World } from './world.ts';

export interface ConsumerShape {
  name: string;
  reads: string;
  role: 'uses' | 'accepts';
  required: boolean;
  canary: number;
  /** `told` answers when all have loaded; `asked` answers at once and can be asked; `pull` looks by itself, and attests by signal. */
  manner: 'told' | 'asked' | 'pull';
  instances: InstanceShape[];
}

export interface InstanceShape {
  /** From hearing of a change to having loaded it. */
  loadMs: number;
  /** It hears nothing until a person looks after it. */
  deaf: boolean;
  /** It cannot use a new key. */
  fails: boolean;
}

type Said = { keyId: KeyId; status: Attestation['status'] };

const pullEveryMs = 30_000;
/** Who looks by itself says now and then what it has, changed or not. */
const attestEveryMs = 15 * 60_000;

/** One process of a consumer: what it uses, what it accepts, and what it says of it. */
export class Instance {
  readonly name: string;
  readonly shape: InstanceShape;
  uses: KeyId | undefined;
  readonly accepts = new Set<KeyId>();
  said: Attestation[] = [];
  deaf: boolean;
  /** A person has seen to it. */
  mended = false;
  /** It is about to take up what it has read. */
  loads = false;
  #stopUse = () => {};

  constructor(name: string, shape: InstanceShape) {
    this.name = name;
    this.shape = shape;
    this.deaf = shape.deaf;
  }

  takeUp(world: World, key: KeyId, consumer: string): void {
    if (this.uses === key) return;
    this.#stopUse();
    this.uses = key;
    this.#stopUse = world.keys.use(key, `${consumer} ${this.name}`);
    world.happened({ what: 'loaded', consumer, instance: this.name, key });
  }
}

/** All instances of one consumer, and its way of hearing and telling. */
export class ConsumerSide {
  readonly shape: ConsumerShape;
  readonly instances: Instance[];
  /** What it was told, each time. */
  readonly heard: Change[] = [];
  /** What it answers when it is told, whatever it has done. */
  lies: ((change: Change) => Attestation[]) | undefined;
  readonly #world: World;
  #seen: KeyId | undefined;

  constructor(world: World, shape: ConsumerShape) {
    this.#world = world;
    this.shape = shape;
    this.instances = shape.instances.map((each, index) => new Instance(`${shape.name}-${index + 1}`, each));
  }

  /** They run, with what the target serves. */
  begin(): void {
    const key = this.#served();
    this.#seen = key;
    for (const instance of this.instances) {
      if (this.shape.role === 'uses') instance.takeUp(this.#world, key, this.shape.name);
      else instance.accepts.add(key);
    }
    if (this.shape.manner !== 'pull') return;
    this.#pull();
    this.#sayAgain();
  }

  #served(): KeyId {
    const target = this.#world.target(this.shape.reads);
    const stored = target.read('current');
    return stored === 'absent' ? 'unknown' : target.keyIn(stored.value.reveal());
  }

  #pull(): void {
    const { clock, pace } = this.#world;
    clock.after(pace(pullEveryMs), () => {
      if (this.#served() !== this.#seen) {
        this.#seen = this.#served();
        for (const instance of this.instances) this.#load(instance, undefined);
      }
      this.#pull();
    });
  }

  #sayAgain(): void {
    const { clock, pace } = this.#world;
    clock.after(pace(attestEveryMs), () => {
      for (const instance of this.instances) {
        if (instance.uses !== undefined && !instance.deaf && !instance.loads)
          this.#says(instance, { keyId: instance.uses, status: 'loaded' });
      }
      this.#sayAgain();
    });
  }

  /** @returns how long until all that hear it have done what the change says. */
  hear(change: Change): number {
    this.heard.push(change);
    this.#world.happened({ what: 'told', consumer: this.shape.name, change });
    const hearing = this.instances.filter(({ deaf }) => !deaf);
    for (const instance of hearing) this.#load(instance, change);
    return Math.max(0, ...hearing.map(({ shape }) => shape.loadMs));
  }

  #load(instance: Instance, change: Change | undefined): void {
    if (instance.deaf) return;
    instance.loads = true;
    const load = () => {
      instance.loads = false;
      this.#loaded(instance, change);
    };
    if (instance.shape.loadMs === 0) load();
    else this.#world.clock.after(instance.shape.loadMs, load);
  }

  #loaded(instance: Instance, change: Change | undefined): void {
    const said = this.#done(instance, change);
    if (said) this.#says(instance, said);
  }

  #done(instance: Instance, change: Change | undefined): Said | undefined {
    if (change?.verb === 'drop') {
      instance.accepts.delete(change.previous);
      this.#world.happened({ what: 'dropped', consumer: this.shape.name, key: change.previous });
      return { keyId: change.previous, status: 'dropped' };
    }
    if (change?.verb === 'accept') {
      const target = this.#world.target(this.shape.reads);
      const text = target.text(change.version);
      if (text === undefined) return undefined;
      const keyId = target.keyIn(text);
      instance.accepts.add(keyId);
      return { keyId, status: 'loaded' };
    }
    const keyId = this.#served();
    if (!this.#canUse(instance, keyId)) return { keyId, status: 'failed' };
    instance.takeUp(this.#world, keyId, this.shape.name);
    return { keyId, status: 'loaded' };
  }

  #canUse({ mended, shape }: Instance, key: KeyId): boolean {
    const { first, keys, shape: all } = this.#world;
    if (shape.fails && !mended && !first.has(key)) return false;
    return all.provider.kind === 'stored' || keys.acceptedBy(key, this.#world.nextServer());
  }

  #says(instance: Instance, { keyId, status }: Said): void {
    const said: Attestation = { instance: instance.name, target: this.shape.reads, keyId, status };
    instance.said = [...instance.said.filter((each) => each.keyId !== keyId && status !== 'loaded'), said];
    if (this.shape.manner !== 'pull') return;
    const { target: _target, ...message } = said;
    this.#world.attest({ consumer: this.shape.name, ...message } as AttestMessage);
  }

  /** A person has looked after it: it loads what is current. */
  wake(): void {
    for (const instance of this.instances) {
      instance.deaf = false;
      if (this.shape.role === 'uses') this.#load(instance, undefined);
      else instance.accepts.add(this.#served());
    }
  }
}

export function openConsumer(world: World, name: string): Consumer {
  const side = world.consumer(name);
  const { network } = world;
  const answers = () => side.instances.flatMap(({ said }) => said);
  return {
    async refresh(ctx, change) {
      // Who looks by itself is told nothing.
      if (side.shape.manner === 'pull') return [];
      const takesMs = await network.call(`tell ${name}`, () => side.hear(change));
      if (side.shape.manner !== 'told') return [];
      if (takesMs > 0) await ctx.sleep(takesMs + 1);
      return side.lies?.(change) ?? answers();
    },
    attested: async () => {
      if (side.shape.manner !== 'asked') return 'unknown';
      return network.call(`ask ${name}`, answers);
    },
  };
}
