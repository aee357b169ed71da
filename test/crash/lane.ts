import { randomBytes } from 'node:crypto';
import type { Change, Credential, Target } from '../../contract/index.ts';
import { type Road, roadTo } from '../e2e/support/road.ts';
import { startToldConsumer } from '../e2e/support/told-consumer.ts';
import type { Issuer, IssuerOf } from './stand/issuers.ts';
import type { Place, PlaceOf } from './stand/places.ts';
import type { Systems } from './stand/systems.ts';

export interface LaneKind {
  name: string;
  issuer: IssuerOf;
  /** The vault of each target. */
  places: readonly PlaceOf[];
}

/** One credential with everything that it depends on, shared with no other. */
export interface Lane {
  name: string;
  issuer: Issuer;
  places: readonly Place[];
  env: Record<string, string>;
  queue: string;
  /** What the consumer uses just now, by target. */
  held: Map<string, string>;
  /** Whether the consumer says that a new key fails, and of which key it has said so. */
  fails: { isOn: boolean; key: string | undefined };
  consumerRoad: Road;
  credential(given?: Partial<Credential>): Credential;
  stop(): Promise<void>;
}

const limits = { stepMs: 90_000, settleMs: 90_000, refusalMs: 60_000, attemptMs: 2_500, pollMs: 200 };

export async function openLane(systems: Systems, kind: LaneKind): Promise<Lane> {
  const issuer = await kind.issuer(systems);
  const places = await Promise.all(kind.places.map((place) => place(systems, issuer.first)));
  return laneOver(kind.name, issuer, places);
}

export async function laneOver(name: string, issuer: Issuer, places: readonly Place[]): Promise<Lane> {
  const told = await startToldConsumer();
  const url = new URL(told.declared.url as string);
  const consumerRoad = await roadTo({ host: url.hostname, port: Number(url.port) });
  url.port = String(consumerRoad.port);
  const targets = places.map(
    ({ located }, index): Target => ({ name: `target-${index + 1}`, value: issuer.shape, ...located }),
  );
  const consumers = targets.map((target) => ({
    ...told.declared,
    url: url.href,
    name: `app-of-${target.name}`,
    reads: target.name,
  }));
  const held = new Map(targets.map((target) => [target.name, issuer.first]));
  const fails: Lane['fails'] = { isOn: false, key: undefined };
  told.says = async (change: Change) => {
    // The first that it hears of in a rotation is the new one.
    if (fails.isOn) fails.key ??= change.keyId;
    if (change.keyId === fails.key) return { status: 'failed', reason: 'it does not work here' };
    const place = places[targets.findIndex((target) => target.name === change.target)];
    if (place) held.set(change.target, await place.readVersion(change.version));
    return { status: 'loaded' };
  };
  const id = `crash/${name}/${randomBytes(4).toString('hex')}`;
  return {
    name,
    issuer,
    places,
    env: Object.assign({ [told.variable]: told.secret }, issuer.env, ...places.map((place) => place.env)),
    queue: `crash-${name}`,
    held,
    fails,
    consumerRoad,
    credential: (given) => ({
      id,
      owner: 'tests',
      tier: 'standard',
      provider: issuer.provider,
      targets,
      consumers,
      smokeTests: issuer.smokeTests,
      graceMs: 0,
      soakMs: 300,
      refreshWithinMs: 60_000,
      limits,
      ...given,
    }),
    async stop() {
      await consumerRoad.close();
      await told.stop();
    },
  };
}
