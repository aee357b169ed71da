import { type ChildWorkflowHandle, continueAsNew, log, setHandler, workflowInfo } from '@temporalio/workflow';
import { type Credential, KeyturnError, type Request } from '../contract/index.ts';
import { type Engine, tell, temporalEngine } from './engine.ts';
import { wellFormed } from './input.ts';
import { askSignal, leaveSignal, turnSignal } from './messages.ts';
import type { rotation } from './rotation.workflow.ts';
import { begin, openFromMs } from './scheduled-begin.ts';
import { keeperOf } from './turn.ts';

/** Credentials that have to be kept apart. */
export interface Group {
  name: string;
  apartMs: number;
  atOnce?: number;
}

/** A scheduled run wants its rotation begun when it is its turn. */
export interface Ask {
  /** The run's workflow id. */
  run: string;
  group: Group;
  credential: Credential;
  request: Request;
}

/** `taken`: the rest is the keeper's. `closed`: its calendar was not open when its turn came; it has to ask again. */
export type Turn = 'taken' | 'closed';

export interface GroupInput {
  waiting: readonly Ask[];
  /** As it was last asked with. */
  group?: Group;
  begunAtMs?: number;
}

interface Keeper {
  engine: Engine;
  group?: Group;
  /** By run, in the order in which they asked. */
  waiting: Map<string, Ask>;
  /** Runs whose rotation is open. */
  open: Set<string>;
  /** When the last one began. */
  begunAtMs: number;
  changes: number;
}

/**
 * The workflow `group/<name>`: begins the scheduled rotations of a group, one after the other. It is the parent of them all, so that it
 * hears of each one's end, whatever becomes of who asked. It ends when nobody needs it.
 */
export async function group(input?: GroupInput): Promise<void> {
  const keeper: Keeper = {
    ...{ engine: temporalEngine(), begunAtMs: input?.begunAtMs ?? 0, changes: 0 },
    ...{ waiting: new Map(), open: new Set(), ...(input?.group && { group: input.group }) },
  };
  for (const ask of input?.waiting ?? []) take(keeper, ask);
  setHandler(askSignal, (ask) => take(keeper, ask));
  setHandler(leaveSignal, (run) => {
    keeper.waiting.delete(run);
    keeper.changes += 1;
  });
  while (isNeeded(keeper)) {
    if (isFull() && keeper.open.size === 0) return continueAsNew<typeof group>(handedOn(keeper));
    show(keeper);
    await next(keeper);
  }
}

function take(keeper: Keeper, ask: Ask): void {
  if (!isWhole(ask)) {
    log.warn('an ask was left aside: it is not well formed, or not for this group');
    return;
  }
  keeper.group = ask.group;
  if (!keeper.open.has(ask.run)) keeper.waiting.set(ask.run, ask);
  keeper.changes += 1;
}

function isWhole(ask: Ask): boolean {
  try {
    wellFormed({ credential: ask.credential, requests: [ask.request] });
    const { apartMs, name } = ask.group;
    return typeof ask.run === 'string' && typeof apartMs === 'number' && keeperOf(name) === workflowInfo().workflowId;
  } catch {
    return false;
  }
}

/** While it is, it remembers when the last one began. */
function isNeeded({ engine, open, waiting, ...keeper }: Keeper): boolean {
  return waiting.size + open.size > 0 || engine.now() < freeFromMs(keeper);
}

function freeFromMs({ begunAtMs, group }: Pick<Keeper, 'begunAtMs' | 'group'>): number {
  return begunAtMs + (group?.apartMs ?? 0);
}

/** Continued as new it does not hear of rotations that it began before: so nothing begins until all have ended. */
function isFull(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

async function next(keeper: Keeper): Promise<void> {
  const { changes, engine, group, open, waiting } = keeper;
  const leftMs = freeFromMs(keeper) - engine.now();
  const [ask] = waiting.values();
  const hasRoom = open.size < (group?.atOnce ?? Number.POSITIVE_INFINITY) && !isFull();
  if (ask && hasRoom && leftMs <= 0) return give(keeper, ask);
  await engine.condition(() => keeper.changes !== changes, leftMs > 0 ? leftMs : undefined);
}

/** Still wanted after every wait: it may have left, asked otherwise, or be gone. */
async function give(keeper: Keeper, ask: Ask): Promise<void> {
  const isOpen = await isOpenNow(keeper.engine, ask.credential);
  if (keeper.waiting.get(ask.run) !== ask) return;
  keeper.waiting.delete(ask.run);
  const turn = isOpen ? 'taken' : 'closed';
  const isThere = await tell(ask.run, turnSignal, turn);
  if (!isThere || !isOpen) return;
  const child = await begin(ask.credential, ask.request);
  if (!child) return;
  keeper.begunAtMs = keeper.engine.now();
  keeper.open.add(ask.run);
  keeper.waiting.delete(ask.run);
  follow(keeper, ask, child);
}

/** Where it cannot be told, who asked finds out for itself. */
async function isOpenNow(engine: Engine, credential: Credential): Promise<boolean> {
  try {
    return (await openFromMs(engine, credential)) <= engine.now();
  } catch (error) {
    if (error instanceof KeyturnError) return false;
    throw error;
  }
}

function follow(keeper: Keeper, { run }: Ask, child: ChildWorkflowHandle<typeof rotation>): void {
  const over = () => {
    keeper.open.delete(run);
    keeper.changes += 1;
  };
  child.result().then(over, over);
}

function handedOn({ begunAtMs, group, waiting }: Keeper): GroupInput {
  return { begunAtMs, waiting: [...waiting.values()], ...(group && { group }) };
}

function show(keeper: Keeper): void {
  const { engine, open, waiting } = keeper;
  const freeFrom = new Date(freeFromMs(keeper)).toISOString();
  const next = isFull() ? 'the next begins when all have ended' : `the next may begin from ${freeFrom} on`;
  const lines = [...waiting.values()].map(({ credential }) => `- ${credential.id} waits for its turn`);
  engine.describe([`**${open.size} open**; ${next}`, ...lines].join('\n'));
}
