import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { appendEntry } from '../../connectors/audit/chain.ts';
import { loadAudit } from '../../connectors/load.ts';
import { workflowIdOf } from '../../contract/index.ts';
import { nobodyHome } from '../support/http-double.ts';
import { CommandLine, storedCatalog } from './command-line.ts';

/** Its queues have no worker: a site of its own, on a server where nobody serves the main queue. */
function lineWithout(): { line: CommandLine; id: string; site: string } {
  const id = `demo/${randomUUID()}`;
  const site = `nowhere-${randomUUID().slice(0, 8)}`;
  const line = CommandLine.forTest({ TEMPORAL_ADDRESS: inject('temporal').address });
  line.catalog(storedCatalog.replace('demo/webhook/SECRET:', `${id}:\n    site: ${site}`));
  return { line, id, site };
}

async function terminateAfter(id: string): Promise<void> {
  const connection = await Connection.connect({ address: inject('temporal').address });
  onTestFinished(async () => {
    await new Client({ connection }).workflow.getHandle(workflowIdOf(id)).terminate('the test is over');
    await connection.close();
  });
}

test.concurrent.for([['rotate'], ['status'], ['attest', '--consumer', 'app', '--instance', 'i', '--version', '1']])(
  'no Temporal at the address: %s says which, and how to get one',
  async ([command = '', ...options], { onTestFinished }) => {
    const { host } = new URL(await nobodyHome());
    const line = CommandLine.forTest({ TEMPORAL_ADDRESS: host }, onTestFinished);
    line.catalog(storedCatalog);
    const { code, stderr } = await line.run([command, 'demo/webhook/SECRET', ...options]);
    expect(code).toBe(exitCodes.unreachable);
    expect(stderr).toContain(`no Temporal answers at ${host}`);
    expect(stderr).toContain('keyturn up');
  },
);

test('a namespace that is not there is named', async () => {
  const { line, id } = lineWithout();
  const { code, stderr } = await line.run(['rotate', id], { env: { TEMPORAL_NAMESPACE: 'no-such-namespace' } });
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('no-such-namespace');
});

test('an unknown credential starts nothing, and the nearest is named', async () => {
  const { line, id } = lineWithout();
  const { code, json, stderr } = await line.run(['rotate', `${id}x`, '--json']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(`"${id}"`);
  expect(json).toMatchObject({ error: { kind: 'not-found' } });
  const status = await line.run(['status', `${id}x`, '--json']);
  expect(status).toMatchObject({ code: exitCodes.usage, json: { error: { kind: 'not-found' } } });
});

test('without a worker the rotation stays open; the queue and the way to serve it are named', async () => {
  const { line, id } = lineWithout();
  await terminateAfter(id);
  const first = await line.run(['rotate', id]);
  expect(first.code).toBe(exitCodes.unreachable);
  expect(first.stderr).toMatch(/no worker serves the queue keyturn(;|-nowhere)/);
  expect(first.stderr).toContain('keyturn worker');
  const second = await line.run(['rotate', id]);
  expect(second.stderr).toContain('Joined the open rotation');
});

test('never rotated', async () => {
  const { line, id } = lineWithout();
  const { code, stdout } = await line.run(['status', id]);
  expect(code).toBe(exitCodes.ok);
  expect(stdout).toContain('has never been rotated');
});

test('what Temporal no longer has is shown from the audit', async () => {
  const { line, id } = lineWithout();
  const at = '2026-01-02T03:04:05.000Z';
  const end = { rotation: 'r1', credential: id, outcome: 'restored', startedAt: at, endedAt: at };
  const sink = await (await loadAudit('sqlite')).open(join(line.home, 'audit.db'));
  const detail = { end: { ...end, reason: { kind: 'invalid', message: 'it did not work' } }, evidence: [] };
  const close = {
    credential: id,
    rotation: 'r1',
    at,
    kind: 'close',
    effect: 'r1/close',
    verb: 'close',
    detail,
  } as const;
  await appendEntry(sink, close);
  await sink.close();
  const { stdout } = await line.run(['status', id]);
  expect(stdout).toContain('restored');
  expect(stdout).toContain('it did not work');
  const { json } = await line.run(['status', id, '--json']);
  expect(json).toMatchObject({ source: 'audit', state: 'ended', outcome: 'restored', end: { rotation: 'r1' } });
});

const instance = ['--consumer', 'app', '--instance', 'one'];

test('an attestation needs an open rotation', async () => {
  const { line, id } = lineWithout();
  const { code, stderr } = await line.run(['attest', id, ...instance, '--version', '1']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('no open rotation');
});

test('an attestation for a consumer that the catalog does not know is refused, because nobody would hear it', async () => {
  const { line, id } = lineWithout();
  const { code, stderr } = await line.run(['attest', id, '--consumer', 'ap', '--instance', 'one', '--version', '1']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('did you mean "app"?');
});

test('an attestation names a key or a version', async () => {
  const { line, id } = lineWithout();
  const { code, stderr } = await line.run(['attest', id, ...instance]);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('--key or --version');
});
