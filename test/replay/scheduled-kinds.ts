import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import { ended, proceed } from '../../client/rotations.ts';
import { startReceiver } from '../e2e/support/notified.ts';
import { applied, inGrace, opensSoon, says, storedCredential } from '../e2e/support/scheduling.ts';
import type { Rotating } from '../support/rotating.ts';

/** What begins scheduled rotations or watches over them, told to its end on a real server. @returns whose history is kept. */
type Telling = (rotating: Rotating) => Promise<Pick<WorkflowHandle, 'fetchHistory'>>;

/** Two of a group whose runs have ended, and the keeper that has begun their rotations apart from each other. */
async function twoApart(rotating: Rotating) {
  const group = { name: randomUUID(), apartMs: 3_000 };
  const schedules = [0, 1].map(async () => applied(rotating, await storedCredential(rotating), { group }));
  const runs = await Promise.all((await Promise.all(schedules)).map(({ fire }) => fire()));
  for (const run of runs) expect(await run.result()).toEqual({ taken: true });
  const keeper = rotating.client.workflow.getHandle(`group/${group.name}`);
  await keeper.result();
  return { runs, keeper };
}

/** Every kind of scheduled run, of keeper and of lookout whose history is kept, as `kinds` has those of rotations. */
export const scheduledKinds: Readonly<Record<string, Telling>> = {
  'scheduled-waited-for-its-window': async (rotating) => {
    const { calendar } = opensSoon();
    const run = await (await applied(rotating, await storedCredential(rotating, { calendar }))).fire();
    await says(run, /waits/);
    expect(await run.result()).toMatchObject({ outcome: 'rotated' });
    return run;
  },

  'scheduled-found-one-open': async (rotating) => {
    const credential = await storedCredential(rotating, { graceMs: 600_000 });
    await rotating.start(credential);
    const open = await inGrace(rotating, credential);
    const run = await (await applied(rotating, credential)).fire();
    expect(await run.result()).toMatchObject({ joined: false });
    await proceed(open, { by: 'ada' });
    await ended(open);
    return run;
  },

  'scheduled-taken-by-the-keeper': async (rotating) => {
    const { runs } = await twoApart(rotating);
    const [run] = runs;
    if (!run) return expect.fail('nothing was fired');
    return run;
  },

  'lookout-told-of-two': async (rotating) => {
    const receiver = await startReceiver();
    Object.assign(rotating.env, receiver.env);
    const watched = ['a', 'b'].map((id) => ({ id: `${randomUUID()}/${id}`, maxAgeMs: 1_000, notify: receiver.notify }));
    const { client, taskQueue } = rotating;
    const workflowId = `lookout/${randomUUID()}`;
    const run = await client.workflow.start('lookout', { workflowId, taskQueue, args: [{ watched }] });
    expect(await run.result()).toEqual({
      told: { [watched[0]?.id ?? '']: 'never', [watched[1]?.id ?? '']: 'never' },
      failed: [],
    });
    await receiver.stop();
    return run;
  },

  'group-two-apart': async (rotating) => (await twoApart(rotating)).keeper,
};
