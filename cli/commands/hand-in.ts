import { type Command, Option } from '@commander-js/extra-typings';
import { handInBinding, sealFor } from '../../connectors/keyrings/seal.ts';
import type { Credential, HandIn, Request, Urgency } from '../../contract/index.ts';
import { KeyturnError, urgencies } from '../../contract/index.ts';
import { existingKeyRing, openProvider, openTarget, readingBench } from '../deps.ts';
import type { ExitCode } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { openCatalog } from '../open-catalog.ts';
import { asDuration, requestFrom } from '../request.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { readSecret, unquoting } from '../stdin.ts';
import { ensureSearchAttributes, withTemporal } from '../temporal.ts';
import { conclude } from '../verdict.ts';

const notes = `
For a key that was made by hand, or a value that is known to be good. It is the whole document as the first target holds
it, comes from standard input, and goes the way of every rotation: tried at the provider, written, tested, consumers
refreshed. A rotation that waits for a value takes it; one that is open otherwise is busy (exit code 7).

Example:
  $ keyturn hand-in production/billing/API_KEY --reason "made in the console" < new-key.txt`;

export function addHandIn(program: Command): void {
  unquoting(withGlobals(program.command('hand-in')))
    .description('Rotate to a value that a person made, read from standard input.')
    .argument('<id>', 'the credential')
    .option('--reason <text>', 'why, for the audit')
    .addOption(new Option('--urgency <urgency>', 'as for `rotate`').choices(urgencies).default('routine' as const))
    .option('--compromised-at <instant>', 'with compromised: what existed then has to go (default: now)')
    .option('--within <duration>', 'with compromised: how long consumers are waited for (default: 5m)', asDuration)
    .option('--accept-broken', 'although the provider refuses what the targets serve')
    .option('--converge', 'targets that serve different keys are all brought to it')
    .option('--exact', 'keep a line break at the end')
    .option('--wait', 'return when the rotation has ended')
    .option('--timeout <duration>', 'watch no longer than this, for example 10m', asDuration)
    .option('--request-id <id>', 'the same id hands in only once, however often it is sent')
    .addHelpText('after', notes)
    .action(async (id, options, command) => {
      process.exitCode = await handIn(shellOf(command), id, options);
    });
}

interface Options {
  reason?: string;
  urgency: Urgency;
  compromisedAt?: string;
  within?: number;
  acceptBroken?: true;
  converge?: true;
  exact?: true;
  wait?: true;
  timeout?: number;
  requestId?: string;
}

async function handIn(shell: Shell, id: string, options: Options): Promise<ExitCode> {
  const credential = (await openCatalog(shell)).find(id);
  const { acceptBroken, compromisedAt, converge, exact = false, reason, requestId, urgency, within } = options;
  const wishes = { acceptBroken, compromisedAt, converge, reason, urgency, withinMs: within };
  const request = requestFrom(shell, { ...wishes, id: requestId });
  const handedIn = await sealed(shell, credential, request, exact);
  const { startOrHandIn } = await import('../../client/hand-ins.ts');
  const { requireWorkers } = await import('../workers.ts');
  return withTemporal(shell, async (temporal) => {
    await ensureSearchAttributes(shell, temporal);
    await requireWorkers(temporal, credential, 'nothing was handed in');
    const { joined, ...followed } = await startOrHandIn(temporal.client, credential, { request, handedIn });
    shell.out.say(
      joined ? `The open rotation of ${id} has taken the value.` : `Rotating ${id} to the value handed in.`,
    );
    const { timeout, wait } = options;
    const watched = await follow(shell, temporal, { credential: id, ...followed, timeout, wait });
    return conclude(shell.out, { credential: id, joined, request: followed.requestId, watched });
  });
}

/** From here on it travels sealed; the worker alone opens it, with the same key ring. */
async function sealed(
  shell: Shell,
  credential: Credential,
  { by, from, id, reason }: Request,
  exact: boolean,
): Promise<HandIn> {
  const keys = existingKeyRing(shell);
  // Before a person types a value that cannot be sealed.
  await keys.current('seal');
  const value = await readSecret(`New value of ${credential.id}: `, exact);
  const on = readingBench(shell, credential);
  const { fields } = await openProvider(on);
  const [target] = credential.targets;
  if (!target) throw new KeyturnError('invalid', `${credential.id} has no target`);
  on.guard.redactor.add(value);
  const place = await openTarget(on, target, fields);
  const parts = place.value({ value, version: { id: 'handed in' } });
  const binding = handInBinding(credential, id);
  const said = { by, ...(from !== undefined && { from }), ...(reason !== undefined && { reason }) };
  return { id, ...said, sealed: await sealFor(keys, binding, parts) };
}
