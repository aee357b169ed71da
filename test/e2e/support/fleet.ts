import { randomUUID } from 'node:crypto';
import { type FleetHandle, fleetProgress, startFleet } from '../../../client/fleets.ts';
import { attest, progress, rotationOf } from '../../../client/rotations.ts';
import type { Credential, FleetInput, FleetProgress, Progress } from '../../../contract/index.ts';
import { pull, waitsFor } from '../../support/consumers.ts';
import { type Rotating, requestOf } from '../../support/rotating.ts';
import { aMoment, storedCredential } from './scheduling.ts';

/** Rotates until `attestFor` says that its consumer has loaded the new value. */
export function attended(rotating: Rotating, given: Partial<Credential> = {}): Promise<Credential> {
  return storedCredential(rotating, { consumers: [pull], ...given });
}

export function many<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, make));
}

export interface StartedFleet {
  id: string;
  handle: FleetHandle;
  progress(): Promise<FleetProgress>;
  /** Waits until `test` holds of it. */
  until(test: (now: FleetProgress) => boolean): Promise<FleetProgress>;
}

export async function fleetOf(
  { client, taskQueue }: Rotating,
  credentials: readonly Credential[],
  given: Partial<FleetInput> = {},
): Promise<StartedFleet> {
  const id = randomUUID();
  const members = credentials.map((credential) => ({ credential, paces: [] }));
  const options = { atOnce: 10, mostFailures: 0, until: 'refreshed', paces: [] } as const;
  const { handle } = await startFleet(client, { members, request: requestOf({ id }), ...options, ...given }, taskQueue);
  const now = () => fleetProgress(handle);
  return { id, handle, progress: now, until: (test) => until(now, test) };
}

async function until(look: () => Promise<FleetProgress>, test: (now: FleetProgress) => boolean) {
  for (;;) {
    const now = await look();
    if (test(now)) return now;
    if (now.end) throw new Error(`it ended first: ${JSON.stringify(now.end)}`);
    await aMoment();
  }
}

/** The rotation, when it waits for its consumer. */
export async function waitsForApp(
  { client }: Rotating,
  { id }: Credential,
  state: Progress['state'] = 'running',
): Promise<Progress> {
  for (;;) {
    const now = await progress(rotationOf(client, id)).catch(() => undefined);
    if (now?.state === state && waitsFor('consumer app')(now)) return now;
    await aMoment();
  }
}

/** Its consumer says of the new value that it has loaded it. */
export async function attestFor(rotating: Rotating, credential: Credential): Promise<void> {
  const { newKey = '' } = await waitsForApp(rotating, credential);
  await says(rotating, credential, newKey, 'loaded');
}

/** It says that it cannot load the new value; and, when it is asked, that it is back at the old one. */
export async function failFor(rotating: Rotating, credential: Credential): Promise<void> {
  await refuseFor(rotating, credential);
  await returnFor(rotating, credential);
}

export async function refuseFor(rotating: Rotating, credential: Credential): Promise<void> {
  const { newKey = '' } = await waitsForApp(rotating, credential);
  await says(rotating, credential, newKey, 'failed');
}

export async function returnFor(rotating: Rotating, credential: Credential): Promise<void> {
  const { oldKey = '' } = await waitsForApp(rotating, credential, 'undoing');
  await says(rotating, credential, oldKey, 'loaded');
}

function says({ client }: Rotating, { id }: Credential, keyId: string, status: 'loaded' | 'failed'): Promise<void> {
  return attest(rotationOf(client, id), { consumer: 'app', instance: '1', keyId, status });
}

export async function isOpen({ client }: Rotating, { id }: Credential): Promise<boolean> {
  const found = await rotationOf(client, id)
    .describe()
    .catch(() => undefined);
  return found?.status.name === 'RUNNING';
}

export async function wasBegun({ client }: Rotating, { id }: Credential): Promise<boolean> {
  return (
    (await rotationOf(client, id)
      .describe()
      .catch(() => undefined)) !== undefined
  );
}
