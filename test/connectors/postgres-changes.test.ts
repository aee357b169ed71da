import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { giveLogin, useAsApplication } from '../../connectors/providers/postgres/harness.ts';
import { connector } from '../../connectors/providers/postgres/index.ts';
import { cutAfter } from '../support/cut.ts';
import { failure, PostgresBench, query } from '../support/postgres-bench.ts';

let bench: PostgresBench;

beforeEach(async () => {
  bench = await PostgresBench.open('two logins');
});
afterEach(() => bench.drop());

describe('lost replies and late attempts', () => {
  test('apply: done, not heard, done again with the same end', async () => {
    const chosen = await bench.choose();
    const road = await cutAfter(bench.roles.config, 'commit\0');
    const there = connector.open({ ...bench.roles.config, port: road.port });
    expect(connector.classify(await failure(there.apply?.(bench.ctx, chosen, undefined)))).toBe('transient');
    await road.answered;
    expect(await bench.verdict(chosen.value)).toBe('accepted');
    const key = await bench.provider.apply?.(bench.ctx, chosen, undefined);
    expect((await bench.standing()).keys.find(({ id }) => id === chosen.key.id)?.etag).toBe(key?.etag);
    await road.close();
  });

  test('remove: the login is empty, its sessions stand; the next attempt ends them', async () => {
    const made = await bench.make();
    const application = await useAsApplication(made.value);
    const road = await cutAfter(bench.roles.config, 'commit\0');
    const there = connector.open({ ...bench.roles.config, port: road.port });
    expect(connector.classify(await failure(there.remove(bench.ctx, made.key)))).toBe('transient');
    await road.answered;
    expect(await bench.verdict(made.value)).toBe('refused');
    await application.sql.query('select 1');
    await bench.provider.remove(bench.ctx, made.key);
    await expect(application.sql.query('select 1')).rejects.toThrow();
    await road.close();
  });

  test('an apply that comes after its own removal is refused', async () => {
    const made = await bench.make();
    const { key: _key, ...value } = made;
    const chosen = await bench.provider.remove(bench.ctx, made.key).then(() => bench.choose());
    await bench.provider.remove(bench.ctx, chosen.key);
    expect(await failure(bench.provider.apply?.(bench.ctx, chosen, undefined))).toMatchObject({ kind: 'conflict' });
    expect(await failure(bench.provider.apply?.(bench.ctx, { ...value, key: made.key }, undefined))).toMatchObject({
      kind: 'conflict',
    });
    expect((await bench.standing()).keys).toHaveLength(1);
    await bench.make();
  });

  test('two at once: one is set, the other refused', async () => {
    const both = [await bench.choose(), await bench.choose()];
    const settled = await Promise.allSettled(
      both.map((chosen) => bench.provider.apply?.(bench.ctx, chosen, undefined)),
    );
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(settled.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { kind: 'conflict' } });
    const verdicts = await Promise.all(both.map(({ value }) => bench.verdict(value)));
    expect(verdicts).toEqual(settled.map(({ status }) => (status === 'fulfilled' ? 'accepted' : 'refused')));
  });
});

test('in place, of two values known to be accepted, the later one names the key', async () => {
  await bench.drop();
  bench = await PostgresBench.open('in place');
  const before = await bench.standing();
  const chosen = await bench.choose();
  await bench.provider.apply?.(bench.ctx, chosen, before.keys[0]);
  const keys = await bench.provider.inventory(bench.ctx, [before.held, chosen.key.id]);
  expect(keys).toMatchObject([{ id: chosen.key.id, createdAt: expect.any(String) }]);
});

describe('what other people did', () => {
  test('their comment stays in front of the marker', async () => {
    await query(`comment on role ${bench.b} is 'orders, on call: the payments team'`);
    const made = await bench.make();
    expect(await commentOn(bench.b)).toMatch(/^orders, on call: the payments team\nkeyturn key=\S+ made=\S+$/);
    await bench.provider.remove(bench.ctx, made.key);
    expect(await commentOn(bench.b)).toBe(`orders, on call: the payments team\nkeyturn empty after=${made.key.id}`);
  });

  test('a login in use by a stranger: both keys are shown, and the one named may go', async () => {
    const stranger = await giveLogin(bench.b);
    const application = await useAsApplication(stranger);
    const failed = await failure(bench.choose());
    expect(failed).toMatchObject({ kind: 'limit', fix: expect.stringContaining(`replace: ${bench.b}/unmarked`) });
    expect(failed.message).toContain((await bench.standing()).held);
    expect(failed.message).toContain('by orders at 127.0.0.1');
    const named = (await bench.standing()).keys.find(({ id }) => id === `${bench.b}/unmarked`);
    await bench.provider.remove(bench.ctx, named ?? expect.fail('not listed'));
    expect(await bench.verdict(stranger)).toBe('refused');
    await bench.make();
    await bench.provider.remove(bench.ctx, named ?? expect.fail('not listed'));
    expect((await bench.standing()).keys).toHaveLength(2);
    await application.stop().catch(() => {});
  });

  test('a login right given by hand to an empty login is a stranger’s key', async () => {
    const made = await bench.make();
    await bench.provider.remove(bench.ctx, made.key);
    const chosen = await bench.choose();
    await giveLogin(bench.b);
    expect((await bench.standing()).keys.map(({ id }) => id)).toContain(`${bench.b}/unmarked`);
    expect(await failure(bench.provider.apply?.(bench.ctx, chosen, undefined))).toMatchObject({ kind: 'conflict' });
    await bench.provider.remove(bench.ctx, chosen.key);
    expect((await bench.standing()).keys).toHaveLength(2);
  });

  test('a host that pg_hba.conf keeps out is an error, not a refusal', async () => {
    const rule = `host all ${bench.b} all reject`;
    const made = await bench.make();
    await query(
      `do $$ begin execute format('copy (select * from unnest(string_to_array(%L, E''\\n''))) to %L',
         '${rule}' || E'\\n' || pg_read_file(current_setting('hba_file')), current_setting('hba_file')); end $$`,
    );
    await query('select pg_reload_conf()');
    const kind = () => bench.provider.verify(bench.ctx, made.value).catch((error) => `${error.kind}: ${error.message}`);
    await expect.poll(kind, { timeout: 10_000 }).toMatch(/^invalid: .*lets nobody log in as .*28000/);
  });
});

async function commentOn(login: string): Promise<string> {
  const { rows } = await query(`select shobj_description(to_regrole($1), 'pg_authid') as comment`, [login]);
  return rows[0]?.comment ?? '';
}
