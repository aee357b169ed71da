import type { DeclaredCredential } from '../catalog/index.ts';
import type { Connected } from '../client/connect.ts';
import { applyChange, compareSchedules } from '../client/schedules.ts';

/** In the order of the catalog, one after the other, as `keyturn apply` does it. @returns how long that took in all, and for the creation alone. */
export async function schedule(
  { client }: Connected,
  credentials: readonly DeclaredCredential[],
): Promise<{ allMs: number; createMs: number }> {
  const scheduled = credentials.flatMap(({ schedule: timetable, ...credential }) =>
    timetable ? [{ credential, timetable }] : [],
  );
  const beganMs = performance.now();
  const changes = await compareSchedules(client, scheduled);
  const comparedMs = performance.now();
  for (const change of changes) await applyChange(client, change);
  const createdMs = performance.now();
  // `apply` looks again, for what others have changed meanwhile.
  await compareSchedules(client, scheduled);
  return { allMs: performance.now() - beganMs, createMs: createdMs - comparedMs };
}
