import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import type { AttestMessage, KeyId, KeyRing, Progress, Request, RotationEnd } from '../../contract/index.ts';
import type { rotation } from '../../workflows/rotation.workflow.ts';
import { checkAudit } from '../simulation/ends.ts';
import type { RealWatch } from '../simulation/real-watch.ts';
import type { World } from '../world/world.ts';

const waitMsMax = 30_000;
const lookMs = 50;

/** One rotation of one world. */
export interface Rotation {
  world: World;
  handle: WorkflowHandle<typeof rotation>;
  /** Waits until `test` holds of the progress. */
  until(test: (progress: Progress) => boolean): Promise<Progress>;
  quarantined(): Promise<Progress>;
  /** Waits for the end, which keeps the invariants. */
  end(): Promise<RotationEnd>;
  /** The first instance of a consumer says it, and where it says that it has loaded a key uses that one from then on. */
  says(message: Omit<AttestMessage, 'instance'>): Promise<void>;
  request(request: Partial<Request>): Promise<void>;
  /** A person hands the value of a key in. */
  handIn(key: KeyId, request?: Partial<Request>): Promise<unknown>;
}

export interface Begun extends Pick<Rotation, 'world' | 'handle' | 'handIn' | 'request'> {
  watch: RealWatch;
  keys: KeyRing;
}

export function rotationOf({ handIn, handle, keys, request, watch, world }: Begun): Rotation {
  const until = async (test: (progress: Progress) => boolean) => {
    const endMs = Date.now() + waitMsMax;
    for (;;) {
      const now = await rotations.progress(handle);
      if (test(now)) return now;
      if (now.end) throw new Error(`it ended first, ${now.end.outcome}: ${now.end.reason?.message ?? ''}`);
      if (Date.now() > endMs) throw new Error(`it stands: ${JSON.stringify(now)}`);
      await sleep(lookMs);
    }
  };
  return {
    world,
    handle,
    handIn,
    request,
    until,
    quarantined: () => until((now) => now.quarantine !== undefined),
    async end() {
      const open = await until((now) => now.end !== undefined || now.quarantine !== undefined);
      if (open.quarantine) throw new Error(`quarantined: ${JSON.stringify(open.quarantine)}`);
      const end = await rotations.ended(handle);
      watch.ended(end, await rotations.progress(handle));
      await checkAudit(world, keys);
      expect(world.violations, world.trace.join('\n')).toEqual([]);
      return end;
    },
    async says(message) {
      const { consumer, keyId, status } = message;
      const [instance] = world.consumer(consumer).instances;
      if (!instance) throw new Error(`${consumer} has no instance`);
      if (status === 'loaded' && keyId !== undefined) instance.takeUp(world, keyId, consumer);
      await rotations.attest(handle, { ...message, instance: instance.name });
    },
  };
}

export const waitingFor =
  (name: string) =>
  ({ waits }: Progress): boolean =>
    waits.some((wait) => wait.name === name);

/** What has happened in a world, without the times. */
export function eventsOf({ trace }: World): string[] {
  return trace.map((line) => line.replace(/^\d\S+Z /, ''));
}

/** What Keyturn has changed there. */
export function deedsOf(world: World): string[] {
  return eventsOf(world).filter((event) => event.startsWith('keyturn '));
}

export function keysOf({ keys }: World): string[] {
  return keys.present().map(({ id }) => id);
}
