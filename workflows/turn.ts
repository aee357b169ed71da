import { type Engine, startApart, tell } from './engine.ts';
import type { Ask, GroupInput, group, Turn } from './group.workflow.ts';
import { askSignal, leaveSignal } from './messages.ts';

/** What a run has been told by the keeper of its group. */
export interface Told {
  turn?: Turn | undefined;
}

/** A keeper that was ended by force has forgotten who waits. */
const askAgainMs = 3_600_000;

export function keeperOf(name: string): string {
  return `group/${name}`;
}

/**
 * Waits until the keeper of the group has taken it on, or it has to be asked anew: its calendar has closed meanwhile, or another
 * declaration has come.
 */
export async function awaitTurn(engine: Engine, ask: Ask, told: Told, isOutdated: () => boolean): Promise<void> {
  if (told.turn === 'closed') told.turn = undefined;
  while (told.turn === undefined && !isOutdated()) {
    await send(engine, ask);
    await engine.condition(() => told.turn !== undefined || isOutdated(), askAgainMs);
  }
  if (told.turn === undefined) await tell(keeperOf(ask.group.name), leaveSignal, ask.run);
}

/** The keeper is there, or it is started with the ask. */
async function send(engine: Engine, ask: Ask): Promise<void> {
  const workflowId = keeperOf(ask.group.name);
  const args: [GroupInput] = [{ waiting: [ask] }];
  const staticSummary = `keeps the group ${ask.group.name} apart`;
  while (!(await tell(workflowId, askSignal, ask))) {
    if (await startApart<typeof group>('group', { workflowId, args, staticSummary })) return;
    // Another run has started it, or it ends at this moment.
    await engine.condition(() => false, 1_000);
  }
}
