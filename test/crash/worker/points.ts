import type { ChildProcess } from 'node:child_process';

/**
 * Where a worker can be killed. `before`: a call into a system is about to be made. `after`: it was carried out, and nobody heard of it.
 * `recorded`: its result stands in the audit. `returned`: the activity is done, and Temporal does not know. `waiting`: nothing is under way.
 */
export const boundaries = ['before', 'after', 'recorded', 'returned', 'waiting'] as const;
export type Boundary = (typeof boundaries)[number];

/** Calls without an effect: a reply that is lost there is as good as a call that was never made. What is not listed counts as a change. */
const reads = new Set(['inventory', 'verify', 'choose', 'smokeTest', 'prepare', 'read', 'warnings', 'attested']);

/** @param call `file.read`. */
export function isRead(call: string): boolean {
  return reads.has(call.slice(call.lastIndexOf('.') + 1));
}

/** A worker has come to a boundary, and stands there until it is told what becomes of it. */
export interface Point {
  credential: string;
  rotation: string;
  /** Temporal's names for the call and its attempts. */
  activityId: string;
  attempt: number;
  activity: string;
  /** `file.write`; at a return empty. */
  call: string;
  boundary: Boundary;
}

export interface Question {
  id: number;
  point: Point;
}

export interface Verdict {
  id: number;
  dies: boolean;
}

/** Asks the parent at every point; the answer of life and death comes back by the same way. */
export function askParent(): (point: Point) => Promise<boolean> {
  const waiting = new Map<number, (dies: boolean) => void>();
  let asked = 0;
  process.on('message', ({ id, dies }: Verdict) => {
    waiting.get(id)?.(dies);
    waiting.delete(id);
  });
  return (point) =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      process.send?.({ id: asked, point } satisfies Question);
    });
}

/** The parent's side. */
export function answerChild(child: ChildProcess, judge: (point: Point) => Promise<boolean>): void {
  child.on('message', async (message: Question | string) => {
    if (typeof message === 'string') return;
    const { id, point } = message;
    const dies = await judge(point);
    if (child.connected) child.send({ id, dies } satisfies Verdict, () => {});
  });
}
