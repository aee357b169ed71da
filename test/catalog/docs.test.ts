import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadCatalog, parseCatalog } from '../../catalog/index.ts';
import { commonSchema } from '../../catalog/schema.ts';
import { knownFields } from '../../catalog/zod-walk.ts';

const docs = readFileSync(new URL('../../docs/catalog.md', import.meta.url), 'utf8');
const example = /```yaml\n([\s\S]*?)```/.exec(docs)?.[1] ?? '';

it('the example in the documentation is valid, with the real connectors', async () => {
  const { find, warnings } = await parseCatalog(example, 'docs/catalog.md');
  expect(warnings).toEqual([]);
  expect(find('production/orders/DATABASE_URL')).toMatchObject({
    provider: { type: 'postgres', logins: ['orders_a', 'orders_b'] },
    graceMs: 3_600_000,
    soakMs: 86_400_000,
    approval: { approvers: 1, withinMs: 28_800_000 },
  });
});

it('every field is documented', () => {
  const places = [[], ['targets', 0], ['consumers', 0], ['limits'], ['schedule']];
  const fields = places.flatMap((path) => knownFields(commonSchema, path));
  expect(fields.length).toBeGreaterThan(25);
  expect(fields.filter((field) => !docs.includes(`| \`${field}\` |`))).toEqual([]);
});

it('a file is read, and a file that is not there is said so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-catalog-'));
  try {
    const path = join(folder, 'catalog.yaml');
    await expect(loadCatalog(path)).rejects.toMatchObject({ name: 'KeyturnError', kind: 'not-found' });
    await expect(loadCatalog(folder)).rejects.toMatchObject({ name: 'KeyturnError', kind: 'invalid' });
    await writeFile(path, example);
    expect((await loadCatalog(path)).credentials.size).toBe(1);
    await writeFile(path, Buffer.from([0x61, 0xff, 0xfe]));
    await expect(loadCatalog(path)).rejects.toMatchObject({ name: 'CatalogError', problems: [{ line: 1, column: 1 }] });
  } finally {
    await rm(folder, { recursive: true });
  }
});
