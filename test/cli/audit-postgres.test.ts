import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type MadeAudit, makeAudit } from '../../connectors/audit/postgres/harness.ts';
import { freePort } from '../support/embedded-postgres.ts';
import { CommandLine } from './command-line.ts';

let made: MadeAudit;
let line: CommandLine;

beforeAll(async () => {
  made = await makeAudit({ migrated: false });
  const { owner, reader, writer } = made;
  line = new CommandLine({ OWNER_URL: owner, READER_URL: reader, KEYTURN_AUDIT: writer });
});
afterAll(async () => {
  line?.remove();
  await made?.drop();
});

const migrate = (...args: string[]) => line.run(['audit', 'migrate', ...args, '--json']);
const asOwner = ['--audit', 'postgres:env:OWNER_URL'];

test('before a migration each command names it, and only the owner can do it', async () => {
  const verify = await line.run(['audit', 'verify']);
  expect(verify).toMatchObject({ code: exitCodes.usage, stderr: expect.stringContaining('`keyturn audit migrate`') });
  const refused = await migrate();
  expect(refused.code).toBe(exitCodes.refused);
  expect(refused.json).toMatchObject({ error: { fix: expect.stringContaining('keyturn_audit_owner') } });
});

test('a dry run says what would be done, a migration does it, once', async () => {
  const place = new URL(made.owner);
  const about = { sink: 'postgres', place: `${place.host}${place.pathname}` };
  const names = ['0001_records'];
  for (const dryRun of [true, true, false]) {
    const run = await migrate(...asOwner, ...(dryRun ? ['--dry-run'] : []));
    expect(run).toMatchObject({ code: exitCodes.ok, stderr: '', json: { ...about, dryRun, had: [], applied: names } });
  }
  const again = await migrate(...asOwner);
  expect(again).toMatchObject({ code: exitCodes.ok, json: { ...about, had: names, applied: [] } });
  const read = await line.run(['audit', 'verify', '--audit', 'postgres:env:READER_URL']);
  expect(read).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('holds nothing yet') });
});

test('a password in an argument is refused, and not repeated', async () => {
  for (const command of ['verify', 'export', 'migrate']) {
    const { code, stderr, stdout } = await line.run(['audit', command, '--audit', made.owner]);
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain('--audit postgres:env:<variable>');
    expect(stderr + stdout).not.toContain(new URL(made.owner).password);
  }
});

test('a server that is down is unreachable, and the embedded audit needs no migration', async () => {
  const down = `postgres://keyturn:hunter2@127.0.0.1:${await freePort()}/keyturn`;
  const { code, stderr } = await line.run(['audit', 'verify'], { env: { KEYTURN_AUDIT: down } });
  expect(code).toBe(exitCodes.unreachable);
  expect(stderr).not.toContain('hunter2');
  expect(await migrate('--audit', 'sqlite')).toMatchObject({
    code: exitCodes.ok,
    json: { sink: 'sqlite', place: null },
  });
});
