import type { DeclaredCredential } from '../catalog/index.ts';
import type { Connected } from '../client/connect.ts';
import { applyChanges, compareSchedules } from '../client/schedules.ts';

/** As `keyturn apply` does it. @returns how long that took in all, and for the creation alone. */
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
  for await (const { change, overtaken } of applyChanges(client, changes)) {
    if (overtaken) throw new Error(`somebody else has made the schedule of ${change.credential}`);
  }
  const createdMs = performance.now();
  // `apply` looks again, for what others have changed meanwhile.
  await compareSchedules(client, scheduled);
  return { allMs: performance.now() - beganMs, createMs: createdMs - comparedMs };
}
