import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { appendEntry, appendOnce } from '../../connectors/audit/chain.ts';
import { asAdmin, type MadeAudit, makeAudit } from '../../connectors/audit/postgres/harness.ts';
import { connector } from '../../connectors/audit/postgres/index.ts';
import { verifyChain } from '../../connectors/audit/verify.ts';
import { type AuditEntry, type AuditSink, KeyturnError } from '../../contract/index.ts';
import { roadTo } from '../e2e/support/road.ts';
import { cutAfter } from '../support/cut.ts';

const credential = 'production/orders/DATABASE_URL';
const entry = (effect: string, more: Partial<AuditEntry> = {}): AuditEntry => {
  const at = '2026-01-02T03:04:05.678Z';
  return { credential, rotation: 'r1', at, kind: 'decision', effect, verb: 'note', ...more };
};

let made: MadeAudit;
beforeEach(async () => {
  made = await makeAudit();
});
afterEach(() => made.drop());

const open = (location = made.writer) => made.open(connector.open(location));
/** The same login by another way. */
const by = ({ port }: { port: number }) => Object.assign(new URL(made.writer), { port }).href;

async function wholeChain(of = credential) {
  const records = await (await open()).read(of);
  expect(await verifyChain(records)).toMatchObject({ ok: true, entries: records.length });
  return records.map((record) => record.entry.effect);
}

describe('contention', () => {
  test.each([1, 3])('eight connections that append to %i chains leave each whole', async (chains) => {
    const sinks = await Promise.all(Array.from({ length: 8 }, () => open()));
    const of = (index: number) => `${credential}/${index % chains}`;
    const all = Array.from({ length: 96 }, (_, index) => index);
    await Promise.all(
      sinks.map(async (sink, turn) => {
        const own = all.filter((index) => index % sinks.length === turn);
        for (const index of own) await appendEntry(sink, entry(`effect-${index}`, { credential: of(index) }));
      }),
    );
    for (let chain = 0; chain < chains; chain += 1) {
      const wanted = all.filter((index) => index % chains === chain).map((index) => `effect-${index}`);
      expect((await wholeChain(of(chain))).sort()).toEqual(wanted.sort());
    }
  });

  test('the very same entry from eight connections stands there as often as it was appended', async () => {
    const sinks = await Promise.all(Array.from({ length: 8 }, () => open()));
    for (let round = 0; round < 10; round += 1)
      await Promise.all(sinks.map((sink) => appendEntry(sink, entry('same'))));
    expect(await wholeChain()).toHaveLength(80);
  });

  test('four processes make one whole chain, and warn of nothing', async () => {
    const child = fileURLToPath(new URL('./audit-chain.child.ts', import.meta.url));
    const env = { ...process.env, AUDIT_URL: made.writer };
    const runs = Array.from({ length: 4 }, async (_, index) => {
      const args = [child, 'postgres:env:AUDIT_URL', credential, `p${index}`, '10'];
      const run = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
      let stderr = '';
      run.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      const [status] = await once(run, 'close');
      return { status, stderr };
    });
    for (const run of await Promise.all(runs)) expect(run).toEqual({ status: 0, stderr: '' });
    expect(await wholeChain()).toHaveLength(40);
  });

  test('under the strictest isolation, too', async () => {
    const database = new URL(made.admin).pathname.slice(1);
    await asAdmin(made.admin, `alter database ${database} set default_transaction_isolation = serializable`);
    const sinks = await Promise.all(Array.from({ length: 4 }, () => open()));
    await Promise.all(sinks.flatMap((sink, turn) => [0, 1, 2].map((n) => appendEntry(sink, entry(`${turn}-${n}`)))));
    expect(await wholeChain()).toHaveLength(12);
  });
});

describe('faults', () => {
  test('an append whose reply was lost is found to be done, and stands there once', async () => {
    const cut = await cutAfter(inject('postgres'), 'insert into keyturn_audit.records');
    let connections = 0;
    // Whoever comes after the cut gets through when the server has done what the first one asked for.
    const admits = async () => (++connections === 1 ? true : cut.answered.then(() => true));
    const road = await roadTo({ host: '127.0.0.1', port: cut.port }, { admits });
    onTestFinished(async () => {
      await road.close();
      await cut.close();
    });
    const sink = await open(by(road));
    await appendEntry(sink, entry('a'));
    expect(connections).toBe(2);
    await appendEntry(sink, entry('b'));
    expect(await wholeChain()).toEqual(['a', 'b']);
  });

  test('a server that goes away in the middle: nothing twice, nothing lost that was taken', async () => {
    const road = await roadTo(inject('postgres'));
    onTestFinished(() => road.close());
    const sinks = await Promise.all([open(by(road)), open(by(road)), open(by(road))]);
    const effects = Array.from({ length: 60 }, (_, index) => `effect-${index}`);
    let failures = 0;
    const insist = async (sink: AuditSink, effect: string): Promise<void> => {
      try {
        await appendOnce(sink, entry(effect));
        if (effect === 'effect-20' && failures === 0) await road.close();
      } catch (error) {
        failures += 1;
        expect(error).toMatchObject({ kind: 'transient' });
        await road.open();
        await insist(sink, effect);
      }
    };
    await Promise.all(
      sinks.map(async (sink, turn) => {
        for (const effect of effects.filter((_, index) => index % sinks.length === turn)) await insist(sink, effect);
      }),
    );
    expect(failures).toBeGreaterThan(0);
    expect((await wholeChain()).sort()).toEqual(effects.sort());
  });

  test('after a failover the same sink goes on: sessions ended, then a standby, then a primary', async () => {
    const sink = await open();
    await appendEntry(sink, entry('a'));
    const database = new URL(made.admin).pathname.slice(1);
    // The administrator stays able to write.
    const admin = `${made.admin}?options=-c%20default_transaction_read_only%3Doff`;
    const become = (standby: boolean) =>
      asAdmin(
        admin,
        `alter database ${database} set default_transaction_read_only = ${standby};
         select pg_terminate_backend(pid, 5000) from pg_stat_activity
           where datname = '${database}' and pid <> pg_backend_pid()`,
      );
    await become(true);
    const failed = await failure(() => appendEntry(sink, entry('b')), 'standby');
    expect(failed).toMatchObject({ kind: 'transient' });
    await become(false);
    await until(() => appendOnce(sink, entry('b')));
    expect(await wholeChain()).toEqual(['a', 'b']);
  });

  test('a table that somebody holds is waited for, not for ever, and closing does not hang', async () => {
    const location = `${made.writer}?statement_timeout=200`;
    const sink = await open(location);
    const { Client } = await import('pg');
    const holder = new Client({ connectionString: made.admin });
    await holder.connect();
    await holder.query('begin; lock table keyturn_audit.records in access exclusive mode');
    await expect(sink.last(credential)).rejects.toMatchObject({ kind: 'transient' });
    await sink.close();
    await holder.end();
  });
});

/** The first tries meet connections that are gone. */
async function failure(attempt: () => Promise<unknown>, fix: string): Promise<unknown> {
  for (;;) {
    const error = await attempt().then(
      () => expect.fail('it was taken'),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof KeyturnError) || error.fix?.includes(fix)) return error;
  }
}

async function until<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      expect(error).toMatchObject({ kind: 'transient' });
    }
  }
}
