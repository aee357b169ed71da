import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import type { Progress } from '../../contract/index.ts';
import { credentialOf, type Rotating, startRotating } from '../support/rotating.ts';
import { entriesOf } from './support/scene.ts';
import { filePlace } from './support/vault-places.ts';

/** Who may approve what, and what becomes of an approval when the plan is another. */

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating({ maxCachedWorkflows: 0 });
});
afterAll(() => rotating?.stop());

const first = 'the-known-good-value';
const waits = ({ waits }: Progress) => waits.some(({ name }) => name === 'approval');

async function asked(withinMs = 60_000) {
  const place = await filePlace(rotating.ctx, { first });
  const approval = { approvers: 2, withinMs };
  const credential = credentialOf({ provider: { type: 'random' }, targets: [place.target], approval });
  const started = await rotating.start(credential, { by: 'ada' });
  const { planHash = '' } = await rotating.until(started, waits);
  const approve = (by: string, plan = planHash) => rotations.approve(started.handle, { by, planHash: plan });
  const decisions = async () => (await entriesOf(rotating, credential)).filter(({ kind }) => kind === 'decision');
  return { approve, credential, decisions, place, planHash, started };
}

describe.concurrent('two approvers', () => {
  test('are two people, neither of whom asked for it', async () => {
    const { approve, decisions, place, planHash, started } = await asked();
    await expect(approve('ada')).rejects.toThrow('nobody approves their own request');
    await expect(approve('bob', 'another')).rejects.toThrow(`the plan is now ${planHash}`);
    await approve('bob');
    await expect(approve('bob')).rejects.toThrow('bob has approved already');
    expect(await rotations.progress(started.handle)).toMatchObject({ phase: 'approve', waits: [{ name: 'approval' }] });
    expect(await place.current()).toBe(first);
    await approve('grace');
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
    const detail = { planHash };
    expect(await decisions()).toMatchObject([
      { verb: 'approve', by: 'bob', detail },
      { verb: 'approve', by: 'grace', detail },
    ]);
  });

  test('have their time: what was too late is said', async () => {
    const { approve, decisions, place, started } = await asked(2_000);
    await approve('bob');
    const end = await rotations.ended(started.handle);
    expect(end).toMatchObject({ outcome: 'unchanged', reason: { message: 'not approved in time (1 of 2)' } });
    await expect(approve('grace')).rejects.toMatchObject({ kind: 'not-found', fix: expect.stringContaining('status') });
    expect(await decisions()).toMatchObject([{ verb: 'approve', by: 'bob' }]);
    expect(await place.current()).toBe(first);
  });

  test('agree to one plan: when it changes between the two, both are asked anew', async () => {
    const { approve, decisions, place, planHash, started } = await asked();
    await approve('bob');
    await place.overwrite('what somebody else stored');
    await approve('grace');
    const now = await rotating.until(started, (each) => waits(each) && each.planHash !== planHash);
    const said = `the approvals of plan ${planHash} by bob, grace are void`;
    expect(now.waits).toMatchObject([{ detail: expect.stringContaining(said) }]);
    expect(now.steps.at(-1)).toMatchObject({ name: 'approve', note: expect.stringContaining(said) });
    await expect(approve('bob')).rejects.toThrow(`the plan is now ${now.planHash}`);
    await approve('bob', now.planHash);
    expect(await place.current()).toBe('what somebody else stored');
    await approve('grace', now.planHash);
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
    expect((await decisions()).map(({ by, detail }) => [by, detail?.planHash])).toEqual([
      ['bob', planHash],
      ['grace', planHash],
      ['bob', now.planHash],
      ['grace', now.planHash],
    ]);
  });
});
