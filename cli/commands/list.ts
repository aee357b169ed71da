import type { Command } from '@commander-js/extra-typings';
import type { Overview } from '../../client/overview.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Inventory, type Item, inventoryOf } from '../inventory.ts';
import { openCatalog } from '../open-catalog.ts';
import type { Style } from '../output.ts';
import { type Filters, filterWords, select } from '../selection.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { type Cell, table } from '../table.ts';
import { duration, moment } from '../words.ts';

const notes = `
A glob's * stays between two slashes, ** crosses them.

Example:
  $ keyturn list 'production/**' --owner payments-sre
  $ keyturn list --overdue --json`;

export function addList(program: Command): void {
  withGlobals(program.command('list'))
    .description('Show the credentials of the catalog: where they are used, what is open, last rotated, next due.')
    .argument('[selection...]', 'ids or globs (default: all in the catalog)')
    .option('--owner <owner>', filterWords.owner)
    .option('--tier <tier>', filterWords.tier)
    .option('--provider <type>', filterWords.provider)
    .option('--tag <tag>', filterWords.tag)
    .option('--due', `only those that are due or overdue; there are some: exit code ${exitCodes.due}`)
    .option('--overdue', `only those that are overdue; there are some: exit code ${exitCodes.due}`)
    .option('--audit <sink:location>', 'the audit to read (default: as KEYTURN_AUDIT)')
    .addHelpText('after', notes)
    .action(async (selection, options, command) => {
      process.exitCode = await list(shellOf(command), selection, options);
    });
}

interface Options extends Filters {
  due?: true;
  overdue?: true;
  audit?: string;
}

async function list(shell: Shell, selection: string[], options: Options): Promise<ExitCode> {
  const { audit, due, overdue, owner, provider, tag, tier } = options;
  const selected = select(await openCatalog(shell), selection, { owner, provider, tag, tier });
  const needsAudit = due === true || overdue === true;
  const inventory = await inventoryOf(shell, selected, { needsAudit, ...(audit !== undefined && { audit }) });
  const isWanted = (item: Item) => !needsAudit || item.due === 'overdue' || (!overdue && item.due === 'due');
  const items = inventory.items.filter(isWanted);
  const exitCode = needsAudit && items.length > 0 ? exitCodes.due : exitCodes.ok;
  say(shell, { ...inventory, items }, exitCode, overdue ? 'overdue' : 'due');
  return exitCode;
}

function say({ out }: Shell, { items, ...known }: Inventory, exitCode: ExitCode, wanted: string): void {
  const heads = ['ID', 'OWNER', 'TIER', 'PROVIDER', 'TARGETS', 'CONSUMERS', 'STATE', 'LAST ROTATED', 'AGE', 'MAX AGE'];
  const rows = items.map(cellsOf);
  const text = table([...heads, 'NEXT'], rows, (style, cell) => out.paint(style, cell));
  out.result(items.length > 0 ? text : `None is ${wanted}.`);
  out.data({ ...known, credentials: items.map(dataOf), exitCode });
}

const styles: Readonly<Record<string, Style>> = {
  quarantined: 'red',
  rotating: 'yellow',
  retiring: 'yellow',
  overdue: 'red',
  due: 'yellow',
};

function cellsOf(item: Item): Cell[] {
  const { ageMs, credential, due, overview } = item;
  const { consumers, id, maxAgeMs, owner, provider, targets, tier } = credential;
  const state = stateOf(item) ?? 'unknown';
  const promised = maxAgeMs === undefined ? '-' : [duration(maxAgeMs), due ?? 'unknown'].join(' ');
  return [
    ...[id, owner, tier, provider.type, `${targets.length}`, `${consumers.length}`].map((text) => ({ text })),
    styled(state, state),
    { text: typeof item.rotated === 'string' ? item.rotated : moment(item.rotated.at) },
    { text: ageMs === undefined ? '-' : duration(ageMs) },
    styled(promised, due),
    { text: overview ? nextWords(overview) : 'unknown' },
  ];
}

function styled(text: string, by: string | undefined): Cell {
  const style = by === undefined ? undefined : styles[by];
  return { text, ...(style && { style }) };
}

function nextWords({ phase, schedule }: Overview): string {
  if (!schedule) return 'not scheduled';
  const { nextAt, note, paused, running } = schedule;
  // `keyturn pause` says so in its note.
  if (paused) return note?.startsWith('paused') ? note : ['paused', ...(note === undefined ? [] : [note])].join(': ');
  if (running && !phase) return 'now: waits to begin';
  return nextAt === undefined ? 'never' : moment(nextAt);
}

function stateOf({ overview }: Item): string | undefined {
  return overview && (overview.phase ?? 'idle');
}

function dataOf(item: Item): object {
  const { ageMs, credential, due, overview, rotated } = item;
  const { consumers, id, maxAgeMs, owner, provider, tags = [], targets, tier } = credential;
  const { schedule } = overview ?? {};
  return {
    id,
    owner,
    tier,
    tags,
    provider: provider.type,
    targets: targets.map(({ name }) => name),
    consumers: consumers.map(({ name }) => name),
    state: stateOf(item) ?? null,
    lastRotatedAt: typeof rotated === 'string' ? null : rotated.at,
    ageMs: ageMs ?? null,
    maxAgeMs: maxAgeMs ?? null,
    due: due ?? null,
    schedule: schedule ? { ...schedule, nextAt: schedule.nextAt ?? null, note: schedule.note ?? null } : null,
  };
}
