import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { appendEntry } from '../../connectors/audit/chain.ts';
import { loadAudit } from '../../connectors/load.ts';
import type { Outcome } from '../../contract/index.ts';
import type { CommandLine } from './command-line.ts';

const dayMs = 86_400_000;

/** How a rotation ended, how many days ago, and how many days ago the value was first written. */
export type End = [outcome: Outcome, endedDaysAgo: number, madeDaysAgo?: number];

/** Writes down rotations of long ago, as they would have been. */
export async function audited(line: CommandLine, ends: Record<string, End[]>): Promise<void> {
  const sink = await (await loadAudit('sqlite')).open(join(line.home, 'audit.db'));
  const daysAgo = (days: number) => new Date(Date.now() - days * dayMs).toISOString();
  for (const [credential, each] of Object.entries(ends)) {
    for (const [outcome, endedDaysAgo, madeDaysAgo = endedDaysAgo] of each) {
      const [rotation, newKey] = [randomUUID(), randomUUID()];
      const [startedAt, endedAt] = [daysAgo(madeDaysAgo), daysAgo(endedDaysAgo)];
      const write = { kind: 'intent', verb: 'write', effect: `${rotation}/write`, detail: { keyId: newKey } } as const;
      await appendEntry(sink, { credential, rotation, at: startedAt, ...write });
      const end = { rotation, credential, outcome, startedAt: endedAt, endedAt, newKey };
      const close = { kind: 'close', verb: 'close', effect: `${rotation}/close`, detail: { end } } as const;
      await appendEntry(sink, { credential, rotation, at: endedAt, ...close });
    }
  }
  await sink.close();
}
