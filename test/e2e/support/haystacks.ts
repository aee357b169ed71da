import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { History } = temporal.api.history.v1;

/** Where a value must not stand, by name: what each holds, as bytes. */
export type Haystacks = Record<string, Buffer>;

/** Every run of every workflow: the history as the server sends it, with its payloads opened, and what a reader is shown. */
export async function histories(client: Client): Promise<Haystacks> {
  const raw: Buffer[] = [];
  const opened: Buffer[] = [];
  for await (const { runId, workflowId } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const history = await handle.fetchHistory();
    raw.push(Buffer.from(History.encode(history).finish()));
    opened.push(...textsIn(history), ...textsIn((await handle.describe()).raw));
  }
  return { 'histories, raw': joined(raw), 'histories, payloads opened': joined(opened) };
}

/** Every text and every payload's data, wherever in the tree. */
function textsIn(tree: unknown): Buffer[] {
  if (typeof tree === 'string') return [Buffer.from(tree)];
  if (tree instanceof Uint8Array) return [Buffer.from(tree)];
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([name, value]) => [Buffer.from(name), ...textsIn(value)]);
}

/** The files of a SQLite database as they lie on the disk, and its rows: a value may go over the end of a page. */
export async function database(name: string, folder: string, file: string): Promise<Haystacks> {
  const names = (await readdir(folder)).filter((each) => each.startsWith(file));
  const files = await Promise.all(names.map((each) => readFile(join(folder, each))));
  return { [`${name}, files`]: joined(files), [`${name}, rows`]: joined(rowsOf(join(folder, file))) };
}

function rowsOf(path: string): Buffer[] {
  const open = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = open.prepare("select name from sqlite_master where type = 'table'").all();
    return tables.flatMap(({ name }) => all(open, String(name))).flatMap((row) => Object.values(row).map(asBytes));
  } finally {
    open.close();
  }
}

function all(open: DatabaseSync, table: string) {
  const statement = open.prepare(`select * from "${table}"`);
  // Numbers beyond those of JavaScript would be an error.
  statement.setReadBigInts(true);
  return statement.all();
}

function asBytes(cell: unknown): Buffer {
  return cell instanceof Uint8Array ? Buffer.from(cell) : Buffer.from(String(cell));
}

/** All files below a folder, but those that are left out by name. */
export async function folder(name: string, path: string, except: readonly string[]): Promise<Haystacks> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !except.includes(entry.name));
  return { [name]: joined(await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name))))) };
}

function joined(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
}
