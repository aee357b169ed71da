import type { Command } from '@commander-js/extra-typings';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Inventory, type Item, inventoryOf } from '../inventory.ts';
import { itemData, itemWords } from '../item-words.ts';
import { openCatalog } from '../open-catalog.ts';
import type { Style } from '../output.ts';
import { type Filters, select, withFilters } from '../selection.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { type Cell, table } from '../table.ts';

const notes = `
A glob's * stays between two slashes, ** crosses them. Of more than a hundred, what is open and next due comes
from Temporal's lists, which may lag a moment behind; keyturn status <id> asks itself.

Example:
  $ keyturn list 'production/**' --owner payments-sre
  $ keyturn list --overdue --json`;

export function addList(program: Command): void {
  withFilters(
    withGlobals(program.command('list'))
      .description('Show how it stands with the credentials of the catalog: what is open, last rotated, age, next due.')
      .argument('[selection...]', 'ids or globs (default: all in the catalog)'),
  )
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
  const { audit, due, overdue } = options;
  const selected = select(await openCatalog(shell), selection, options);
  const onlyDue = due === true || overdue === true;
  const needs = onlyDue ? 'audit' : 'either';
  const only = (item: Item) => !onlyDue || item.due === 'overdue' || (!overdue && item.due === 'due');
  const inventory = await inventoryOf(shell, selected, { needs, only, ...(audit !== undefined && { audit }) });
  const exitCode = onlyDue && inventory.items.length > 0 ? exitCodes.due : exitCodes.ok;
  say(shell, inventory, exitCode, overdue ? 'overdue' : 'due');
  return exitCode;
}

function say({ out }: Shell, { items, ...known }: Inventory, exitCode: ExitCode, wanted: string): void {
  const heads = ['ID', 'OWNER', 'TIER', 'APPROVERS', 'PROVIDER', 'STATE', 'LAST ROTATED', 'AGE', 'MAX AGE', 'NEXT'];
  const text = table(heads, items.map(cellsOf), (style, cell) => out.paint(style, cell));
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
  const { approval, id, owner, provider, tier } = item.credential;
  const state = stateOf(item) ?? 'unknown';
  const { age, maxAge, next, rotated } = itemWords(item);
  return [
    ...[id, owner, tier, `${approval?.approvers ?? '-'}`, provider.type].map((text) => ({ text })),
    styled(state, state),
    { text: rotated },
    { text: age },
    styled(maxAge, item.due),
    { text: next },
  ];
}

function styled(text: string, by: string | undefined): Cell {
  const style = by === undefined ? undefined : styles[by];
  return { text, ...(style && { style }) };
}

function stateOf({ overview }: Item): string | undefined {
  return overview && (overview.phase ?? 'idle');
}

function dataOf(item: Item): object {
  const { consumers, targets } = item.credential;
  return {
    ...itemData(item),
    targets: targets.map(({ name }) => name),
    consumers: consumers.map(({ name }) => name),
    state: stateOf(item) ?? null,
  };
}
