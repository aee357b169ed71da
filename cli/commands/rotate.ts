import { type Command, Option } from '@commander-js/extra-typings';
import { KeyturnError, type Request, type Urgency, urgencies } from '../../contract/index.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { openCatalog } from '../open-catalog.ts';
import { asCount, asDuration, requestFrom } from '../request.ts';
import { type Filters, isFiltered, isGlob, select, withFilters } from '../selection.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';

const notes = `
Returns when the new key is in use everywhere; the old one goes after the grace (--wait: returns at the end). Ctrl-C
stops watching, not the rotation.

Several ids, a glob (* stays between two slashes, ** crosses them) or a filter make a fleet: --at-once of them rotate at a time, and when
more than --most-failures have failed nothing more is begun. See keyturn fleet --help.

Example:
  $ keyturn rotate production/orders/DATABASE_URL --reason "quarterly" --wait
  $ keyturn rotate 'production/**' --provider postgres --older-than 80d --at-once 5`;

const atOnceDefault = 10;
const mostFailuresDefault = 0;

export function addRotate(program: Command): void {
  withFilters(
    withGlobals(program.command('rotate'))
      .description('Rotate a credential now, or join the rotation that is open, and watch it; or many as a fleet.')
      .argument('[selection...]', 'an id; or several, globs, or none with a filter: a fleet'),
  )
    .option(
      '--older-than <duration>',
      'only those whose value is older, or of unknown age, for example 80d',
      asDuration,
    )
    .option('--at-once <number>', `of a fleet: so many rotate at a time (default: ${atOnceDefault})`, asCount)
    .option(
      '--most-failures <number>',
      `of a fleet: stop when more have failed (default: ${mostFailuresDefault})`,
      asCount,
    )
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
    .action(async (selection, options, command) => {
      process.exitCode = await rotateSelected(shellOf(command), selection, options);
    });
}

interface Options extends Filters {
  olderThan?: number;
  atOnce?: number;
  mostFailures?: number;
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

async function rotateSelected(shell: Shell, selection: string[], options: Options): Promise<ExitCode> {
  const { atOnce, mostFailures, olderThan } = options;
  const isNarrowed = olderThan !== undefined || isFiltered(options);
  const [id, ...others] = selection;
  if (id === undefined && !isNarrowed) {
    throw new KeyturnError('invalid', 'it is not said what to rotate', {
      fix: "name an id, several, a glob such as 'production/**', or a filter such as --tag",
    });
  }
  const isFleet = isNarrowed || others.length > 0 || [atOnce, mostFailures].some((each) => each !== undefined);
  return id === undefined || isFleet || isGlob(id)
    ? rotateFleet(shell, selection, options)
    : rotateById(shell, id, options);
}

async function rotateFleet(shell: Shell, selection: string[], options: Options): Promise<ExitCode> {
  const { atOnce = atOnceDefault, mostFailures = mostFailuresDefault, olderThan: ageMs, replace, requestId } = options;
  const fleets = await import('../fleet-start.ts');
  if (atOnce < 1) throw new KeyturnError('invalid', '--at-once: at least 1');
  if (replace !== undefined) {
    throw new KeyturnError('invalid', '--replace names a key of one credential', { fix: 'rotate that one by its id' });
  }
  const named = select(await openCatalog(shell), selection, options);
  const selected = ageMs === undefined ? named : await fleets.olderThan(shell, named, ageMs);
  if (selected.length === 0) {
    shell.out.result('Nothing to rotate.');
    shell.out.data({ fleet: null, credentials: [], exitCode: exitCodes.ok });
    return exitCodes.ok;
  }
  const request = requestOf(shell, options, requestId ?? fleets.newFleetId());
  if (options.dryRun) return fleets.planMany(shell, selected, request);
  return fleets.rotateMany(shell, selected, request, { ...options, atOnce, mostFailures });
}

function requestOf(shell: Shell, options: Options, id: string | undefined): Request {
  const { acceptBroken, compromisedAt, converge, reason, replace, urgency, within } = options;
  return requestFrom(shell, { acceptBroken, compromisedAt, converge, reason, replace, urgency, withinMs: within, id });
}

async function rotateById(shell: Shell, id: string, options: Options): Promise<ExitCode> {
  const credential = (await openCatalog(shell)).find(id);
  const request = requestOf(shell, options, options.requestId);
  const { planOne, rotateOne } = await import('../rotate-one.ts');
  return options.dryRun ? planOne(shell, credential, request) : rotateOne(shell, credential, request, options);
}
