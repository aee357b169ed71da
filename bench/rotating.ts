import { randomUUID } from 'node:crypto';
import { ended, startOrJoin } from '../client/rotations.ts';
import { type Credential, mainQueue, type Request, type RotationEnd } from '../contract/index.ts';
import type { Stand } from './stand.ts';

export function routineRequest(): Request {
  return { id: randomUUID(), at: new Date().toISOString(), by: 'bench@bench', urgency: 'routine' };
}

/** Rotates to the end, as `keyturn rotate --wait` does. @throws Error unless it ended `rotated`. */
export async function rotate({ connected }: Stand, credential: Credential, queue = mainQueue): Promise<RotationEnd> {
  const { handle } = await startOrJoin(connected.client, credential, routineRequest(), queue);
  const end = await ended(handle);
  if (end.outcome === 'rotated') return end;
  throw new Error(`${credential.id} ended ${end.outcome}: ${end.reason?.message ?? 'no reason'}`);
}
