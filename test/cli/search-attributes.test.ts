import { randomUUID } from 'node:crypto';
import { Client, type Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { expect, inject, onTestFinished, test } from 'vitest';
import { grpcKind } from '../../cli/grpc-errors.ts';
import { Output } from '../../cli/output.ts';
import { ensureSearchAttributes } from '../../cli/temporal.ts';
import { connect } from '../../client/connect.ts';
import { startOrJoin } from '../../client/rotations.ts';
import { searchAttributes } from '../../contract/index.ts';
import { credentialOf, requestOf } from '../support/rotating.ts';

/** A namespace without the search attributes, and who has not the right to look for them or to register them. */

const names = Object.values(searchAttributes);
const command = `temporal operator search-attribute create --namespace bare ${names.map((name) => `--name ${name} --type Keyword`).join(' ')}`;
const answered = (code: number) => Object.assign(new Error('a call failed'), { code, details: 'the server says so' });
const [denied, unavailable] = [answered(7), answered(14)];

/** A server that answers these two calls so. */
function server(list: () => Promise<unknown>, add: () => Promise<unknown>) {
  const said: string[] = [];
  const out = Object.assign(new Output(false), { say: (text: string) => void said.push(text) });
  const connection = {
    operatorService: { listSearchAttributes: list, addSearchAttributes: add },
  } as unknown as Connection;
  return { said, ensured: ensureSearchAttributes({ out }, { connection, namespace: 'bare' }) };
}

const none = async () => ({ customAttributes: {} });
const fails = (error: Error) => () => Promise.reject(error);

test('without the right to register them, the command that does it', async () => {
  const { ensured } = server(none, fails(denied));
  await expect(ensured).rejects.toMatchObject({
    kind: 'unauthorized',
    message: `the namespace bare lacks search attributes: ${names.join(', ')}`,
    fix: `have them registered: ${command}`,
  });
});

test('without the right to look, the command for the case that they are missing', async () => {
  const { ensured, said } = server(fails(denied), fails(new Error('not asked')));
  await ensured;
  expect(said.join('\n')).toContain(command);
});

test.each([
  ['looks', fails(unavailable), none],
  ['registers', none, fails(unavailable)],
])('a server that is away while it %s is no lack of rights', async (_when, list, add) => {
  await expect(server(list, add).ensured).rejects.toBe(unavailable);
});

test('where nobody could look, the start says what is missing, and how to mend it', async () => {
  const { address } = inject('temporal');
  const namespace = `bare-${randomUUID()}`;
  const temporal = await connect({ TEMPORAL_ADDRESS: address });
  onTestFinished(() => temporal.close());
  const workflowExecutionRetentionPeriod = msToTs('1 day');
  await temporal.connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  const client = new Client({ connection: temporal.connection, namespace });
  const target = { name: 'main', vault: 'file', secret: 'any', value: 'raw' as const };
  const credential = credentialOf({ provider: { type: 'random' }, targets: [target] });
  const start = () => startOrJoin(client, credential, requestOf()).catch((error: unknown) => error);
  let error = await start();
  // A new namespace is not known everywhere at once.
  while (grpcKind(error) === 'not-found') error = await start();
  expect(error).toMatchObject({
    kind: 'unauthorized',
    fix: `have them registered: ${command.replace('bare', namespace)}`,
  });
});
