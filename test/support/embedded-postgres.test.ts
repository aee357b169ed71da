import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';

const script = `
  const { startPostgres } = await import(${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)});
  const { default: pg } = await import('pg');
  const server = await startPostgres({ settings: { work_mem: '5MB' } });
  const client = new pg.Client({ connectionString: server.adminUrl });
  await client.connect();
  const { rows } = await client.query("select current_setting('work_mem') as memory, current_setting('data_directory') as folder");
  await client.end();
  await server.stop();
  console.log(JSON.stringify(rows[0]));
  process.exitCode = 3;
`;

test('a server starts with its settings, leaves nothing behind and does not touch the exit code', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
  const { memory, folder } = JSON.parse(stdout);
  expect(memory).toBe('5MB');
  expect(existsSync(folder)).toBe(false);
});
