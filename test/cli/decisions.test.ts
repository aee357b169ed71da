import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import { ended } from '../../client/rotations.ts';
import type { Credential } from '../../contract/index.ts';
import { waitsFor } from '../support/consumers.ts';
import { credentialOf, type Rotating, readCurrent, startRotating, storeFirst } from '../support/rotating.ts';
import { CommandLine } from './command-line.ts';

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

async function openRotation(given: Partial<Credential>) {
  const target = { name: 'main', vault: 'file', secret: `app/${randomUUID()}`, value: 'raw' as const };
  await storeFirst(rotating.ctx, target, 'the-value-of-the-beginning');
  const credential = credentialOf({ provider: { type: 'random' }, targets: [target], ...given });
  const started = await rotating.start(credential);
  const line = CommandLine.forTest({ TEMPORAL_ADDRESS: inject('temporal').address });
  const say = (...args: string[]) => line.run([args[0] ?? '', credential.id, ...args.slice(1)]);
  return { started, say, target, line };
}

const declared = { owner: 'tests', provider: { type: 'random' }, targets: [{ vault: 'file', secret: 'any' }] };

test('approve, proceed: an approved rotation whose grace is skipped', async () => {
  const { say, started } = await openRotation({ approval: { approvers: 1, withinMs: 60_000 }, graceMs: 600_000 });
  const { planHash = '' } = await rotating.until(started, waitsFor('approval'));
  expect(await say('approve', '--plan', 'another')).toMatchObject({
    code: exitCodes.refused,
    stderr: expect.stringContaining(`the plan is now ${planHash}`),
  });
  expect(await say('approve', '--plan', planHash)).toMatchObject({ code: exitCodes.ok });
  await rotating.until(started, waitsFor('grace'));
  expect(await say('retry')).toMatchObject({
    code: exitCodes.refused,
    stderr: expect.stringContaining('not quarantined'),
  });
  expect(await say('proceed', '--json', '--reason', 'in a hurry')).toMatchObject({
    code: exitCodes.ok,
    json: { decision: 'proceed', reason: 'in a hurry', said: expect.stringContaining('no longer waiting for grace') },
  });
  expect(await ended(started.handle)).toMatchObject({ outcome: 'rotated' });
  expect(await say('proceed')).toMatchObject({ stderr: expect.stringContaining('no open rotation') });
});

test('who said what, and from where, is in the audit, the history and the status', async () => {
  const { say, started, line } = await openRotation({ graceMs: 600_000 });
  await rotating.until(started, waitsFor('grace'));
  const { credential } = await rotating.until(started, () => true);
  const from = `${hostname()}, by SSH from 203.0.113.7`;
  Object.assign(line.env, { SSH_CONNECTION: '203.0.113.7 50022 10.0.0.5 22', KEYTURN_HOME: rotating.home });
  line.catalog(stringify({ credentials: { [credential]: declared } }));
  // Nobody serves the queue that it knows: the request is heard all the same.
  expect((await line.run(['rotate', credential])).stderr).toContain('Joined the open rotation');
  expect((await say('status')).stdout).toContain(`(from ${from}) (routine): joined`);
  expect(await say('proceed', '--json')).toMatchObject({ json: { from } });
  await ended(started.handle);
  const { json, stdout } = { ...(await say('history')), json: (await say('history', '--json')).json };
  expect(stdout).toMatch(new RegExp(`\\(from ${from}\\): proceed`));
  expect(json.happenings).toContainEqual(expect.objectContaining({ kind: 'message', verb: 'request', from }));
  const entries = (await rotating.sink.read(credential)).map(({ entry }) => entry);
  expect(entries.filter((entry) => entry.from === from).map(({ verb }) => verb)).toEqual(['request', 'proceed']);
});

test('reject: nothing is touched; rollback: the known-good is back', async () => {
  const asked = await openRotation({ approval: { approvers: 1, withinMs: 60_000 } });
  await rotating.until(asked.started, waitsFor('approval'));
  expect(await asked.say('reject', '--reason', 'not today')).toMatchObject({ code: exitCodes.ok });
  expect(await ended(asked.started.handle)).toMatchObject({ outcome: 'unchanged' });

  const waiting = await openRotation({ graceMs: 600_000 });
  await rotating.until(waiting.started, waitsFor('grace'));
  expect(await waiting.say('rollback')).toMatchObject({ code: exitCodes.ok });
  expect(await ended(waiting.started.handle)).toMatchObject({ outcome: 'restored' });
  expect(await readCurrent(rotating.ctx, waiting.target)).toBe('the-value-of-the-beginning');
});
