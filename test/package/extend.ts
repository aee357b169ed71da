import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installed } from './installed.ts';
import { root, run } from './run.ts';

/** An audit sink of somebody else, with the types of `keyturn`. */
const sink = `
import type { AuditConnector, AuditRecord, AuditSink } from 'keyturn';
import { KeyturnError } from 'keyturn';

export class MemorySink implements AuditSink {
  constructor(readonly chains = new Map<string, AuditRecord[]>()) {}
  async append(record: AuditRecord, expectedSeq: number): Promise<boolean> {
    if (record.seq !== expectedSeq + 1) throw new KeyturnError('invalid', 'it does not stand behind the expected one');
    const chain = this.chains.get(record.entry.credential) ?? [];
    if (chain.length !== expectedSeq) return false;
    this.chains.set(record.entry.credential, [...chain, structuredClone(record)]);
    return true;
  }
  async read(credential: string, fromSeq = 1): Promise<AuditRecord[]> {
    return (this.chains.get(credential) ?? []).slice(fromSeq - 1);
  }
  async last(credential: string): Promise<AuditRecord | undefined> {
    return this.chains.get(credential)?.at(-1);
  }
  async credentials(): Promise<string[]> {
    return [...this.chains.keys()].sort();
  }
  async close(): Promise<void> {}
}

export const connector: AuditConnector = { kind: 'audit', name: 'memory', open: async () => new MemorySink() };
`;

const suite = `
import { type AuditCase, testAudit } from 'keyturn/testing';
import { MemorySink } from './sink.ts';

const one: AuditCase = {
  name: 'in memory',
  async setUp() {
    const sink = new MemorySink();
    return { sink, reopen: async () => new MemorySink(sink.chains), tearDown: async () => {} };
  },
};
await testAudit('memory', { cases: [one] });
`;

const client = `
import { type Catalog, connect, loadCatalog, type Progress, progress, rotationOf } from 'keyturn';

export async function phaseOf(file: string): Promise<Progress[]> {
  const catalog: Catalog = await loadCatalog(file);
  const { client, close } = await connect();
  const all = [...catalog.credentials.keys()].map((id) => progress(rotationOf(client, id)));
  return Promise.all(all).finally(close);
}
`;

const options = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: [],
  },
  files: ['sink.ts', 'sink.test.ts', 'client.ts'],
};

/** Somebody writes a connector of their own against the package: it compiles, and the suite tests it. */
export async function extend(installed: Installed): Promise<string> {
  await installed.add('vitest@5.1.1');
  await installed.write('sink.ts', sink);
  await installed.write('sink.test.ts', suite);
  await installed.write('client.ts', client);
  await installed.write('tsconfig.json', JSON.stringify(options));
  await run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', installed.folder], {
    cwd: installed.folder,
  });
  await installed.node(['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', '--outputFile=tests.json']);
  const { numPassedTests } = JSON.parse(await readFile(join(installed.folder, 'tests.json'), 'utf8'));
  return `  types compile; ${numPassedTests} tests of keyturn/testing pass`;
}
