import { Document, isScalar } from 'yaml';
import type { Catalog } from '../catalog/index.ts';
import { loadProvider } from '../connectors/load.ts';
import type { Shape } from '../contract/index.ts';
import type { Unnamed } from './discover.ts';
import { count, printable } from './words.ts';

/** One entry of a catalog, for everything that would be one: both access keys of a user. */
interface Stub {
  id: string;
  found: readonly [Unnamed, ...Unnamed[]];
}

/** The text of a catalog of these, which `keyturn check` takes once its blanks are filled in. */
export async function stubsFor(unnamed: readonly Unnamed[], catalog: Catalog): Promise<string> {
  const stubs = stubsOf(unnamed, catalog);
  const entries = await Promise.all(stubs.map(async (stub) => [stub.id, await entryOf(stub)] as const));
  const document = new Document({ credentials: Object.fromEntries(entries) });
  document.commentBefore = [
    ` Written by \`keyturn discover\`: ${count(stubs.length, 'entry', 'entries')} for what ${printable(catalog.file)} does not name.`,
    ' Nothing of this is looked after until it stands in a catalog. Fill in each blank, decide what the comments ask, and take out what nobody needs.',
  ].join('\n');
  for (const stub of stubs) comment(document, stub);
  return document.toString({ nullStr: '', lineWidth: 0 });
}

function stubsOf(unnamed: readonly Unnamed[], catalog: Catalog): Stub[] {
  const alike = Map.groupBy(unnamed, ({ declares, source }) => `${source.kind} ${JSON.stringify(declares)}`);
  const taken = new Set(catalog.credentials.keys());
  return [...alike.values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    const id = freeId(first, taken);
    taken.add(id);
    return [{ id, found: [first, ...more] as const }];
  });
}

const idLengthMax = 180;

/** What an id may have of the name. */
function freeId({ keyId, name, source }: Unnamed, taken: ReadonlySet<string>): string {
  const parts = (keyId === undefined ? name : name.replace(keyId, '').trim()).split('/');
  const words = parts.map((part) => part.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '')).filter(Boolean);
  const id = ['discovered', source.connector, ...words].join('/').slice(0, idLengthMax).replace(/\/$/, '');
  for (let number = 1; ; number += 1) {
    const tried = number === 1 ? id : `${id}-${number}`;
    if (!taken.has(tried)) return tried;
  }
}

async function entryOf({ found: [{ declares, source }] }: Stub): Promise<object> {
  const declared = JSON.parse(JSON.stringify(declares)) as { type?: string };
  if (source.kind === 'vault') {
    return { owner: null, provider: { type: null }, targets: [{ ...declared, value: 'raw' }] };
  }
  return { owner: null, provider: declared, targets: [{ vault: null, value: await shapeFor(declared) }] };
}

/** All fields of a key: of what is left out Keyturn could not tell which key a target holds. */
async function shapeFor(declared: { type?: string }): Promise<Shape> {
  const provider = await loadProvider(declared.type ?? '');
  const { all } = provider.fields(provider.schema.parse(declared));
  return all.length === 1 ? 'raw' : { json: Object.fromEntries(all.map((field) => [field, field])) };
}

function comment(document: Document, { found, id }: Stub): void {
  const say = (path: (string | number)[], text: string) => {
    const node = document.getIn(['credentials', id, ...path], true);
    if (isScalar(node)) node.comment = ` ${text}`;
  };
  const [{ source }] = found;
  say(['owner'], 'decide: who is responsible for it');
  if (source.kind === 'vault') {
    say(['provider', 'type'], 'decide: who issues its keys, with what that provider wants; random: nobody does');
    say(['targets', 0, 'value'], 'decide: how the key stands in it: raw, url or json (docs/catalog.md)');
  } else {
    const readme = `connectors/providers/${source.connector}/README.md`;
    say(['provider', 'type'], `decide: whether it should be rotated like this (${readme})`);
    say(
      ['targets', 0, 'vault'],
      'decide: where consumers read it: a vault, with what that wants, and how it stands there',
    );
  }
  const entry = document.getIn(['credentials', id], true) as { commentBefore?: string } | undefined;
  if (!entry) return;
  const about = found.map((each) => ` ${printable(aboutWords(each))}`);
  entry.commentBefore = [
    ...about,
    ' decide: its id, for life; who reads it (consumers), and how old it may be (maxAge)',
  ].join('\n');
}

function aboutWords({ changedAt, createdAt, lastUse, name, notes, source }: Unnamed): string {
  const used =
    typeof lastUse === 'object'
      ? ['last used', lastUse.at, lastUse.by].filter(Boolean).join(' ')
      : `last use: ${lastUse}`;
  const made = createdAt === undefined ? [] : [`made ${createdAt}`];
  const changed = changedAt === undefined ? [] : [`changed ${changedAt}`];
  return `${name}, ${source.id}: ${[...made, ...changed, used, ...notes].join(', ')}`;
}
