import { type Command, Option } from '@commander-js/extra-typings';
import { type Credential, type Request, type Urgency, urgencies } from '../../contract/index.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { openCatalog } from '../open-catalog.ts';
import { planned, planWords } from '../plan.ts';
import { asDuration, requestFrom } from '../request.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { ensureSearchAttributes, withTemporal } from '../temporal.ts';
import { conclude } from '../verdict.ts';

const notes = `
Returns when the new key is in use everywhere; the old one goes after the grace (--wait: returns at the end). Ctrl-C
stops watching, not the rotation.

Example:
  $ keyturn rotate production/orders/DATABASE_URL --reason "quarterly" --wait`;

export function addRotate(program: Command): void {
  withGlobals(program.command('rotate'))
    .description('Rotate a credential now, or join the rotation that is open, and watch it.')
    .argument('<id>', 'the credential')
    .option('--reason <text>', 'why, for the audit')
    .addOption(
      new Option(
        '--urgency <urgency>',
        'expedited: no grace and no soak, the evidence stays; compromised: all that exists now has to go, forward only',
      )
        .choices(urgencies)
        .default('routine' as const),
    )
    .option('--compromised-at <instant>', 'with compromised: what existed then has to go (default: now)')
    .option(
      '--within <duration>',
      'with compromised: how long consumers and last use are waited for (default: 5m)',
      asDuration,
    )
    .option('--wait', 'return when the rotation has ended')
    .option('--timeout <duration>', 'watch no longer than this, for example 10m', asDuration)
    .option('--converge', 'targets that serve different keys are brought to the same new one')
    .option('--accept-broken', 'rotate although the provider refuses what the targets serve')
    .option('--replace <keyId>', 'at a key limit: the key that may go, if the evidence allows')
    .option('--dry-run', 'print what it would do, with the hash that approvers agree to, and touch nothing')
    .option('--request-id <id>', 'the same id asks only once, however often it is sent')
    .addHelpText('after', notes)
    .action(async (id, options, command) => {
      process.exitCode = await rotate(shellOf(command), id, options);
    });
}

interface Options {
  reason?: string;
  urgency: Urgency;
  compromisedAt?: string;
  within?: number;
  wait?: true;
  timeout?: number;
  converge?: true;
  dryRun?: true;
  acceptBroken?: true;
  replace?: string;
  requestId?: string;
}

async function rotate(shell: Shell, id: string, options: Options): Promise<ExitCode> {
  const credential = (await openCatalog(shell)).find(id);
  const { acceptBroken, compromisedAt, converge, reason, replace, requestId, urgency, within } = options;
  const wishes = { acceptBroken, compromisedAt, converge, reason, replace, urgency, withinMs: within };
  const request = requestFrom(shell, { ...wishes, id: requestId });
  if (options.dryRun) return tryDry(shell, credential, request);
  const { startOrJoin } = await import('../../client/rotations.ts');
  const { requireWorkers } = await import('../workers.ts');
  return withTemporal(shell, async (temporal) => {
    await ensureSearchAttributes(shell, temporal);
    const { handle, joined } = await startOrJoin(temporal.client, credential, request);
    shell.out.say(joined ? `Joined the open rotation of ${id}.` : `Rotating ${id}.`);
    await requireWorkers(temporal, credential);
    const { signaledRunId: runId } = handle;
    const { timeout, wait } = options;
    const watched = await follow(shell, temporal, { credential: id, runId, requestId: request.id, timeout, wait });
    return conclude(shell.out, { credential: id, joined, request: request.id, watched });
  });
}

async function tryDry(shell: Shell, credential: Credential, request: Request): Promise<ExitCode> {
  const { out } = shell;
  const plan = await planned(shell, { credential, requests: [request] });
  out.result(planWords(out, credential, plan));
  out.data({ credential: credential.id, dryRun: true, plan, approval: credential.approval ?? null });
  return exitCodes.ok;
}
