import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { asSuperuser, giveLogin, makeRoles, useAsApplication } from '../../connectors/providers/postgres/harness.ts';
import { connector as fileVault } from '../../connectors/vaults/file/index.ts';
import { Secret } from '../../contract/index.ts';
import { makeKey, makeRotator, makeUser, nowhere, policyIn } from '../support/aws/places.ts';
import { testContext } from '../support/context.ts';
import { CommandLine, type Ended } from './command-line.ts';

const dayMs = 86_400_000;

interface Found {
  name: string;
  connector: string;
  keyId: string | null;
  createdAt: string | null;
  lastUse: unknown;
  notes: string[];
}

const foundIn = ({ json }: Ended) => json.found as Found[];
const hook = (secret = 'named') => ({
  owner: 'tests',
  provider: { type: 'random' },
  targets: [{ vault: 'file', secret }],
});

/** A file vault in which each secret was changed so many days ago. */
async function filled(line: CommandLine, secrets: Record<string, number>): Promise<void> {
  const keys = await openKeyRing(keyRingFile(line.home), { create: true });
  const ctx = testContext({ home: line.home, keys });
  for (const [secret, daysAgo] of Object.entries(secrets)) {
    const vault = fileVault.open(fileVault.schema.parse({ vault: 'file', secret }));
    await vault.write(ctx, new Secret('value-that-nobody-sees'), 'absent');
    const at = new Date(Date.now() - daysAgo * dayMs);
    utimesSync(join(line.home, 'vault', `${secret}.vault.json`), at, at);
  }
}

test('what a vault has and no entry names is shown, and narrowed down by age and use', async () => {
  const line = CommandLine.forTest();
  line.catalog(stringify({ credentials: { 'demo/one': hook(), 'demo/two': hook('also/named') } }));
  await filled(line, { named: 1, 'also/named': 200, 'orders/old': 100, 'orders/young': 10 });
  const all = await line.run(['discover', '--json']);
  expect(all).toMatchObject({ code: exitCodes.ok, stderr: expect.stringContaining('file vault vault: asking ...') });
  expect(
    foundIn(all)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['orders/old', 'orders/young']);
  expect(all.json).toMatchObject({
    // Both targets are in one folder, which is asked once.
    sources: [{ kind: 'vault', connector: 'file', found: 4, unnamed: 2, error: null }],
    ...{ notAsked: ['provider random'], leftOut: { age: 0, use: 0 }, stubs: null, exitCode: 0 },
  });
  expect(all.stdout + all.stderr).not.toContain('value-that');
  expect(foundIn(await line.run(['discover', '--older-than', '30d', '--json']))).toMatchObject([
    { name: 'orders/old' },
  ]);
  const unused = await line.run(['discover', '--unused-for', '30d', '--json']);
  expect(unused.json).toMatchObject({ found: [], leftOut: { age: 0, use: 2 } });
  expect(unused.stderr).toContain('2 things of unknown last use left out');
});

test('stubs are taken by check once the blanks are filled in, which it names before', async () => {
  const line = CommandLine.forTest();
  line.catalog(stringify({ credentials: { 'demo/one': hook() } }));
  await filled(line, { named: 1, 'orders/db': 1 });
  const file = join(line.folder, 'found.yaml');
  const made = await line.run(['discover', '--stubs', file]);
  expect(made).toMatchObject({ code: exitCodes.ok, stderr: expect.stringContaining(`check --offline -c ${file}`) });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/# orders\/db, file vault vault: changed 2\d{3}-.*, last use: unknown/);
  const check = () => line.run(['check', '--offline', '-c', file]);
  const blank = await check();
  expect(blank.code).toBe(exitCodes.usage);
  expect(blank.stderr).toMatch(/db\.owner: .*\n.*db\.provider\.type: .*\nerror: the catalog has 2 problems/);
  writeFileSync(file, text.replace('owner:', 'owner: orders').replace('type:', 'type: random'));
  expect(await check()).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('file:vault/orders/db') });

  const again = await line.run(['discover', '--stubs', file]);
  expect(again).toMatchObject({ code: exitCodes.usage, stdout: '', stderr: expect.stringContaining('EEXIST') });
  expect(readFileSync(file, 'utf8')).toContain('owner: orders');
});

/** An entry for AWS, with an admin who has the rights to discover, but one. */
async function onAws(lacks?: string) {
  const { account, endpoint } = inject('aws');
  const folder = new URL('../../connectors/providers/aws-iam-access-key/', import.meta.url);
  const policy = await policyIn(folder, { ACCOUNT: account }, 'policy-discover.json');
  const admin = await makeRotator(lacks === undefined ? policy : policy.replace(lacks, 'iam:GetUser'));
  const user = await makeUser('named');
  await makeKey(user);
  // Under names of their own: those of the harness look random, which no catalog may hold.
  const textOf = (ref: object) => admin.secrets[JSON.stringify(ref)]?.reveal() ?? '';
  const env = { IAM_ID: textOf(admin.refs.accessKeyId), IAM_SECRET: textOf(admin.refs.secretAccessKey) };
  const refs = { accessKeyId: { env: 'IAM_ID' }, secretAccessKey: { env: 'IAM_SECRET' } };
  const value = { json: { id: 'accessKeyId', secret: 'secretAccessKey' } };
  return {
    user,
    env,
    entry: {
      owner: 'tests',
      provider: { type: 'aws-iam-access-key', user, endpoint, admin: refs },
      targets: [{ vault: 'file', secret: `aws/${user}`, value }],
    },
  };
}

test('a right that is missing at one source is named, and the others are shown all the same', async () => {
  const { config, ctx, drop, given } = await makeRoles('in place');
  onTestFinished(drop);
  const stranger = `${config.logins[0]}_stranger`;
  const aws = await onAws('iam:ListUsers');
  const ADMIN = (await ctx.resolve({ env: 'ADMIN' })).reveal();
  const line = CommandLine.forTest({ ...aws.env, ADMIN });
  const postgres = { owner: 'tests', provider: given, targets: [{ vault: 'file', secret: 'pg' }] };
  line.catalog(stringify({ credentials: { 'demo/aws': aws.entry, 'demo/pg': postgres } }));
  await asSuperuser((sql) => sql.query(`create role ${stranger}`));
  const application = await useAsApplication(await giveLogin(stranger));
  onTestFinished(() => application.stop());

  const file = join(line.folder, 'found.yaml');
  const result = await line.run(['discover', '--stubs', file, '--json']);
  expect(result.code).toBe(exitCodes.refused);
  expect(result.stderr).toContain('the right iam:ListUsers is missing');
  expect(result.json).toMatchObject({
    sources: [
      { connector: 'aws-iam-access-key', error: { kind: 'unauthorized', fix: expect.stringContaining('README') } },
      { connector: 'file', error: null },
      { connector: 'postgres', error: null },
    ],
  });
  const names = foundIn(result).map(({ name }) => name);
  expect(names).toContain(stranger);
  expect(names).not.toContain(config.logins[0]);
  const found = foundIn(result).find(({ name }) => name === stranger);
  expect(found).toMatchObject({ createdAt: null, lastUse: { at: expect.any(String), by: 'orders' } });
  expect(foundIn(result)).toContainEqual(expect.objectContaining({ notes: ["Keyturn's own admin login"] }));

  const text = readFileSync(file, 'utf8');
  let number = 0;
  const filledIn = text.replace(/owner: #/g, 'owner: tests #').replace(/- vault: #.*/g, () => {
    number += 1;
    return `- vault: file\n        secret: s${number}`;
  });
  writeFileSync(file, filledIn);
  expect(await line.run(['check', '--offline', '-c', file])).toMatchObject({ code: exitCodes.ok });
});

test('keys of users that no entry names are shown with state and last use; both of a user are one entry', async () => {
  const aws = await onAws();
  const line = CommandLine.forTest(aws.env);
  line.catalog(stringify({ credentials: { 'demo/aws': aws.entry } }));
  const user = await makeUser('stranger');
  const keys = [await makeKey(user), await makeKey(user)];
  const file = join(line.folder, 'found.yaml');
  const result = await line.run(['discover', '--stubs', file, '--json']);
  expect(result.code).toBe(exitCodes.ok);
  const found = foundIn(result).filter(({ name }) => name.startsWith(user));
  expect(found.map(({ keyId }) => keyId).sort()).toEqual(keys.map(({ id }) => id).sort());
  expect(found[0]).toMatchObject({ createdAt: expect.any(String), lastUse: 'never', notes: [] });
  expect(foundIn(result).map(({ name }) => name)).not.toContainEqual(expect.stringMatching(`^${aws.user} `));
  const text = readFileSync(file, 'utf8');
  expect(text.match(new RegExp(`^  discovered/aws-iam-access-key/${user}:$`, 'gm'))).toHaveLength(1);
  for (const { id, secret } of keys) {
    expect(text).toContain(id);
    expect(text + result.stdout + result.stderr).not.toContain(secret);
  }
});

test('a source that is out of reach is told by its own exit code', async () => {
  const line = CommandLine.forTest({ ID: 'AKIAEXAMPLE', SECRET: 'x' });
  const admin = { accessKeyId: { env: 'ID' }, secretAccessKey: { env: 'SECRET' } };
  const vault = { vault: 'aws-secrets-manager', secret: 'x', region: 'us-east-1', endpoint: await nowhere(), admin };
  line.catalog(stringify({ credentials: { 'demo/one': { ...hook(), targets: [vault] } } }));
  const { code, json } = await line.run(['discover', '--json']);
  expect({ code, json }).toMatchObject({
    code: exitCodes.unreachable,
    json: { sources: [{ error: { kind: 'transient' } }], exitCode: exitCodes.unreachable },
  });
});
