import { randomUUID } from 'node:crypto';
import type { Command } from '@commander-js/extra-typings';
import { openOwnKeyRing } from '../../connectors/keyrings/file/own.ts';
import type { AuditSink, Credential, KeyId, Secret, Target, Version } from '../../contract/index.ts';
import { KeyturnError, storedBy } from '../../contract/index.ts';
import { openSink } from '../audit-sink.ts';
import { type Bench, commandBench, logOf, openProvider, openTarget } from '../deps.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { openCatalog } from '../open-catalog.ts';
import { person } from '../person.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { readSecret, unquoting } from '../stdin.ts';

const notes = `
The value is the whole document that consumers read: the URL, the JSON, the plain secret. A line break at its end is
left out (--exact keeps it). Where the provider can tell, the value must be one that it accepts (--no-verify: do not ask).

Example:
  $ keyturn store production/orders/DATABASE_URL < database-url.txt`;

export function addStore(program: Command): void {
  unquoting(withGlobals(program.command('store')))
    .description('Store the first value of an empty target, read from standard input.')
    .argument('<id>', 'the credential')
    .option('--target <name>', 'which target, where the credential has several')
    .option('--exact', 'keep a line break at the end')
    .option('--no-verify', 'store it although the provider was not asked whether it accepts it')
    .addHelpText('after', notes)
    .action(async (id, options, command) => {
      process.exitCode = await store(shellOf(command), id, options);
    });
}

interface Options {
  target?: string;
  exact?: true;
  verify: boolean;
}

async function store(shell: Shell, id: string, options: Options): Promise<ExitCode> {
  const credential = (await openCatalog(shell)).find(id);
  const target = targetOf(credential, options.target);
  const sink = await openSink(shell);
  try {
    await refuseHeld(await benchFor(shell, credential, sink), target);
    const value = await readSecret(`First value of ${id}, target ${target.name}: `, options.exact ?? false);
    const on = await benchFor(shell, credential, sink);
    const keyId = await keyOf(on, target, value, options.verify);
    const version = await write(on, target, value, keyId);
    shell.out.result(`${target.name} of ${id} now serves ${keyId} (version ${version.id}).`);
    shell.out.data({ credential: id, target: target.name, version: version.id, keyId });
    return exitCodes.ok;
  } finally {
    await sink.close();
  }
}

function targetOf({ id, targets }: Credential, name: string | undefined): Target {
  const names = targets.map((target) => target.name);
  const found = name === undefined && targets.length === 1 ? targets[0] : targets.find((each) => each.name === name);
  if (found) return found;
  const what = name === undefined ? `${id} has several targets` : `${id} has no target ${JSON.stringify(name)}`;
  throw new KeyturnError('invalid', what, { fix: `name one with --target: ${names.join(', ')}` });
}

/** A bench's time is that of one attempt: a person may take longer to type. */
async function benchFor(shell: Shell, credential: Credential, sink: AuditSink): Promise<Bench> {
  const keys = await openOwnKeyRing({ home: shell.home, log: logOf(shell), sink });
  return commandBench(shell, credential, { sink, keys, rotation: `${storedBy}${randomUUID()}` });
}

async function refuseHeld(on: Bench, target: Target): Promise<void> {
  const { fields } = await openProvider(on);
  const { vault } = await openTarget(on, target, fields);
  if ((await vault.read(on.ctx, 'current')) === 'absent') return;
  throw new KeyturnError('conflict', `${target.name} of ${on.ctx.credential} holds a value already`, {
    fix: `nothing was changed; to replace it, rotate: keyturn rotate ${on.ctx.credential}`,
  });
}

/** Which key the value is. What becomes current was just accepted by the provider, here as in a rotation. */
async function keyOf(on: Bench, target: Target, document: Secret, verify: boolean): Promise<KeyId> {
  const { fields, powers, provider } = await openProvider(on);
  const place = await openTarget(on, target, fields);
  on.guard.redactor.add(document);
  const value = place.value({ value: document, version: { id: 'new' } });
  const keyId = await provider.identify(on.ctx, value);
  const system = `provider ${on.job.credential.provider.type}`;
  if (keyId === 'unknown') {
    throw new KeyturnError('invalid', `the value is no key of the ${system}`, {
      fix: `check that it is the whole document, and what ${target.name} declares as its shape`,
    });
  }
  if (!verify || !powers.verifies) return keyId;
  const { answer, verdict } = await provider.verify(on.ctx, value);
  if (verdict === 'accepted') return keyId;
  const why = answer === undefined ? '' : ` (${answer})`;
  throw new KeyturnError('conflict', `the ${system} refuses the value of ${keyId}${why}; nothing was stored`, {
    fix: 'store the value that consumers use now',
  });
}

async function write(on: Bench, target: Target, value: Secret, keyId: KeyId): Promise<Version> {
  const { fields } = await openProvider(on);
  const { vault } = await openTarget(on, target, fields, keyId);
  Object.assign(on.notes, { keyId, serves: true, ...person(on.deps.env) });
  return vault.write(on.ctx, value, 'absent');
}
