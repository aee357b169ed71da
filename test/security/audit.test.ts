import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendEntry } from '../../connectors/audit/chain.ts';
import { type ChainHead, verifyChain } from '../../connectors/audit/verify.ts';
import type { AuditEntry, AuditRecord, Job, RotationEnd } from '../../contract/index.ts';
import { judgeKeys } from '../../workflows/judge.ts';
import { keysOf } from '../faults/real-rotation.ts';
import { credentialOf } from '../support/rotating.ts';
import { Chance } from '../world/chance.ts';
import { StoppableClock } from '../world/clock.ts';
import { worldConnectors } from '../world/connectors.ts';
import * as plain from '../world/plain.ts';
import { World } from '../world/world.ts';
import { type Called, callable } from './support/activities.ts';

/** What they can do who have the audit's database, with every right in it, and what is seen of it. */

const clock = new StoppableClock();
const id = 'production/orders/DATABASE_URL';
let world: World;
let called: Called;
let job: Job;

beforeEach(async () => {
  const times = { clock, chance: new Chance(1), latencyMsMax: 0, attemptMs: 1_000 };
  world = new World({ id, shape: plain.world({ spares: 1 }), ...times });
  world.begin();
  const connectors = worldConnectors(() => world);
  const load = { loadProvider: async () => connectors.provider, loadVault: async () => connectors.vault };
  called = await callable({ load });
  const target = { name: 'main', vault: 'world', value: 'raw' as const, world: id, secret: 'main' };
  job = { rotation: 'r1', credential: credentialOf({ id, provider: { type: 'world', world: id }, targets: [target] }) };
});
afterEach(() => called.stop());
afterAll(() => clock.stop());

const end = (rotation: string): RotationEnd => ({
  rotation,
  credential: world.id,
  outcome: 'rotated',
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:01:00.000Z',
});

/** Two effects and a signed close, as a rotation leaves them. @returns the head that its end names. */
async function rotation(name = 'r1'): Promise<ChainHead> {
  const of = { ...job, rotation: name };
  await called.activities.disableKey({ job: of, key: { id: 'SPARE-1', state: 'active' } });
  await called.activities.enableKey({ job: of, key: { id: 'SPARE-1', state: 'disabled' } });
  return called.activities.recordEnd({ job: of, end: end(name), evidence: [] });
}

const chain = () => called.sink.read(world.id);
const verify = (records: AuditRecord[], head?: ChainHead) =>
  verifyChain(records, { keys: called.keys, ...(head === undefined ? {} : { head }) });

/** Past the sink, and past the triggers by which the database itself refuses it. */
function asOwner(...statements: string[]): void {
  const database = new DatabaseSync(join(called.home, 'audit.db'));
  try {
    const triggers = database.prepare("select name from sqlite_master where type = 'trigger'").all();
    for (const { name } of triggers) database.exec(`drop trigger "${name}"`);
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
}

describe('with every right in the database, below a known head', () => {
  test.each([
    ['altering an entry', `update records set entry = replace(entry, '"done"', '"failed"') where seq = 2`, 2],
    ['removing an entry', 'delete from records where seq = 3', 3],
    ['removing the close', 'delete from records where seq = 5', 5],
    [
      'exchanging two entries',
      'update records set seq = -seq where seq in (3, 4); update records set seq = 7 + seq where seq < 0',
      3,
    ],
    ['taking the signature away', 'update records set signature = null where seq = 5', 5],
  ])('%s is found', async (_what, statement, at) => {
    const head = await rotation();
    expect(await verify(await chain(), head)).toMatchObject({ ok: true, closes: [{ signature: 'verified' }] });
    asOwner(statement);
    expect(await verify(await chain(), head)).toMatchObject({ ok: false, seq: at });
  });

  test('a signature does not fit another close, of the same chain or of another', async () => {
    await rotation('r1');
    await rotation('r2');
    const closes = (await chain()).filter(({ entry }) => entry.kind === 'close');
    expect(closes).toHaveLength(2);
    asOwner(
      `update records set signature = (select signature from records where seq = ${closes[0]?.seq}) where seq = ${closes[1]?.seq}`,
    );
    expect(await verify(await chain())).toMatchObject({ ok: false, seq: closes[1]?.seq });
  });
});

const forged = (kind: AuditEntry['kind'], more: Partial<AuditEntry>): AuditEntry => ({
  credential: world.id,
  rotation: 'r0',
  at: '2026-01-01T00:00:00.000Z',
  kind,
  effect: 'r0/mint/a new key/call/1',
  verb: 'mint',
  ...more,
});

describe('past the verification', () => {
  test('accepted: who can append has a stranger’s key taken for one that Keyturn made, and so removed', async () => {
    const listed = () => called.activities.inspectProvider({ job, held: ['K0'] });
    expect(judgeKeys(await listed(), { held: ['K0'] }, []).leftovers).toEqual([]);
    await appendEntry(called.sink, forged('intent', { subject: 'a new key' }));
    await appendEntry(called.sink, forged('result', { outcome: 'done', subject: 'SPARE-1' }));
    expect(await verify(await chain())).toMatchObject({ ok: true });
    expect(judgeKeys(await listed(), { held: ['K0'] }, []).leftovers).toMatchObject([{ id: 'SPARE-1', madeBy: 'r0' }]);
  });

  test('a key that a target serves is not taken for one, whatever the audit says', async () => {
    await appendEntry(called.sink, forged('intent', { subject: 'a new key' }));
    await appendEntry(called.sink, forged('result', { outcome: 'done', subject: 'K0' }));
    const listed = await called.activities.inspectProvider({ job, held: ['K0'] });
    expect(judgeKeys(listed, { held: ['K0'] }, []).leftovers).toEqual([]);
  });

  test('accepted: without a head known from elsewhere nobody sees that the end is missing, or entries behind the last close', async () => {
    const head = await rotation();
    await appendEntry(called.sink, forged('decision', { verb: 'proceed', by: 'ada' }));
    expect(await verify(await chain(), head)).toMatchObject({ ok: true, entries: 6 });
    asOwner('delete from records where seq > 2');
    expect(await verify(await chain())).toMatchObject({ ok: true, entries: 2 });
    expect(await verify(await chain(), head)).toMatchObject({ ok: false, seq: 3 });
  });

  test('accepted: who can call activities has a worker remove a key without evidence, and sign an end that never was', async () => {
    await called.activities.removeKey({ job, key: { id: 'SPARE-1', state: 'active' } });
    await called.activities.recordEnd({ job, end: end('r1'), evidence: [] });
    expect(keysOf(world)).toEqual(['K0']);
    const records = await chain();
    expect(await verify(records)).toMatchObject({ ok: true, closes: [{ signature: 'verified' }] });
    expect(records.map(({ entry: { kind, verb } }) => `${kind} ${verb}`)).toEqual([
      'intent remove',
      'result remove',
      'close close',
    ]);
  });
});
