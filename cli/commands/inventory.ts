import type { Command } from '@commander-js/extra-typings';
import { loadProvider } from '../../connectors/load.ts';
import { csvLine } from '../csv.ts';
import { consumerWords } from '../describe.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Item, inventoryOf } from '../inventory.ts';
import { itemData, itemWords } from '../item-words.ts';
import { openCatalog } from '../open-catalog.ts';
import type { Output } from '../output.ts';
import { type Place, placeOf, placeWords } from '../place.ts';
import { type Filters, select, withFilters } from '../selection.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { printable } from '../words.ts';

const notes = `
A glob's * stays between two slashes, ** crosses them. \`keyturn list\` shows what is open, due and overdue.

Example:
  $ keyturn inventory 'production/**' --owner payments-sre`;

export function addInventory(program: Command): void {
  withFilters(
    withGlobals(program.command('inventory'))
      .description('Show which credentials there are, where each is used and tested, whose it is, and how old it is.')
      .argument('[selection...]', 'ids or globs (default: all in the catalog)'),
  )
    .option('--audit <sink:location>', 'the audit to read (default: as KEYTURN_AUDIT)')
    .option('--csv', 'as CSV by RFC 4180, one line for each credential')
    .addHelpText('after', notes)
    .action(async (selection, options, command) => {
      process.exitCode = await inventory(shellOf(command), selection, options);
    });
}

interface Options extends Filters {
  audit?: string;
  csv?: true;
}

async function inventory(shell: Shell, selection: string[], options: Options): Promise<ExitCode> {
  const { audit, csv } = options;
  const selected = select(await openCatalog(shell), selection, options);
  const { items, ...known } = await inventoryOf(shell, selected, {
    needs: 'nothing',
    ...(audit !== undefined && { audit }),
  });
  const uses = await Promise.all(items.map(useOf));
  const text = csv ? csvOf(uses) : uses.map((use) => wordsOf(shell.out, use)).join('\n\n');
  shell.out.result(text);
  shell.out.data({ ...known, credentials: uses.map(dataOf), exitCode: exitCodes.ok });
  return exitCodes.ok;
}

/** A credential with what its connectors say of where it is. */
interface Use {
  item: Item;
  principals: readonly string[];
  places: readonly Place[];
}

async function useOf(item: Item): Promise<Use> {
  const { provider: declared, targets } = item.credential;
  const provider = await loadProvider(declared.type);
  const principals = provider.principals(provider.schema.parse(declared));
  return { item, principals, places: await Promise.all(targets.map(placeOf)) };
}

function wordsOf(out: Output, { item, places, principals }: Use): string {
  const { consumers, group, id, owner, provider, site, smokeTests, tier } = item.credential;
  const { age, maxAge, next, rotated } = itemWords(item);
  const belongs = [`owner ${owner}`, `tier ${tier}`, site && `site ${site}`, group && `group ${group.name}`];
  const lines = [
    belongs.filter(Boolean).join(', '),
    `provider: ${principals.join(' and ') || provider.type}`,
    ...places.map(placeWords),
    ...(consumers.length === 0 ? ['consumers: none are told'] : consumers.map(consumerWords)),
    ...smokeTests.map((test) => `smoke test: ${JSON.stringify(test)}`),
    `last rotated: ${rotated}, age: ${age}, max age: ${maxAge}, next: ${next}`,
  ];
  return [out.paint('bold', id), ...lines.map((line) => `  ${printable(line)}`)].join('\n');
}

const columns: Record<string, (use: Use) => string | number | undefined> = {
  id: ({ item }) => item.credential.id,
  owner: ({ item }) => item.credential.owner,
  tier: ({ item }) => item.credential.tier,
  site: ({ item }) => item.credential.site,
  group: ({ item }) => item.credential.group?.name,
  provider: ({ item }) => item.credential.provider.type,
  principals: ({ principals }) => principals.join('\n'),
  targets: ({ places }) => places.map(({ location, name }) => `${name}: ${location}`).join('\n'),
  consumers: ({ item }) => item.credential.consumers.map(({ name, reads }) => `${name}: ${reads}`).join('\n'),
  smokeTests: ({ item }) => item.credential.smokeTests.length,
  lastRotatedAt: ({ item }) => itemData(item).lastRotatedAt ?? undefined,
  ageMs: ({ item }) => item.ageMs,
  maxAgeMs: ({ item }) => item.credential.maxAgeMs,
  due: ({ item }) => item.due,
  nextAt: ({ item }) => item.overview?.schedule?.nextAt,
};

/** Without the last line's break: the output ends the last line. */
function csvOf(uses: readonly Use[]): string {
  const rows = uses.map((use) => csvLine(Object.values(columns).map((cellOf) => cellOf(use))));
  return [csvLine(Object.keys(columns)), ...rows].join('').slice(0, -1);
}

function dataOf({ item, places, principals }: Use): object {
  const { consumers, group, site, smokeTests } = item.credential;
  return {
    ...itemData(item),
    site: site ?? null,
    group: group?.name ?? null,
    principals,
    targets: places.map(({ location, name, shape, vault }) => ({ name, vault, location, shape })),
    consumers: consumers.map(({ canary, instances, name, reads, required, role, type }) => {
      return { name, type, reads, instances, canary, required, role };
    }),
    smokeTests,
  };
}
