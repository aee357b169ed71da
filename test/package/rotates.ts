import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stringify } from 'yaml';
import { freePort, type RunningPostgres, startPostgres } from '../../examples/embedded-postgres.ts';
import {
  Administrator,
  admin,
  adminUrlFor,
  database,
  logins,
  newPassword,
  owner,
  tryValue,
  urlFor,
} from '../../examples/quickstart/database.ts';
import type { Ended, Installed } from './installed.ts';

const id = 'production/orders/DATABASE_URL';

/** From `check`, by what it says, to `rotated`: a real login on a PostgreSQL, in the file vault, by the embedded Temporal. */
export async function rotates(installed: Installed): Promise<string> {
  const server = await startPostgres();
  const port = String(await freePort());
  const env = { ORDERS_ADMIN: '', TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  let up: ChildProcess | undefined;
  try {
    await installed.write('keyturn.yaml', catalog(server));
    const { value } = await prepare(installed, server, env);
    expectEnd(await installed.keyturn(['store', id], { env, input: value }), 0);
    expectEnd(await installed.keyturn(['check'], { env }), 0);
    const startedMs = Date.now();
    up = installed.start(['up', '--port', port, '--no-ui'], env);
    await says(up, 'worker      ready');
    const readyMs = Date.now() - startedMs;
    const rotated = expectEnd(await installed.keyturn(['rotate', id, '--wait', '--json'], { env }), 0);
    expectText(rotated.stdout, '"outcome":"rotated"');
    expectText(expectEnd(await installed.keyturn(['audit', 'verify'], { env }), 0).stdout, id);
    await expectNewOne(installed, value);
    return `  from check to rotated, the new value accepted, the old one refused; up was ready after ${readyMs} ms`;
  } finally {
    if (up) await stop(up);
    await server.stop();
  }
}

function catalog({ host, port }: RunningPostgres): string {
  const provider = {
    type: 'postgres',
    host,
    port,
    database,
    admin: { env: 'ORDERS_ADMIN' },
    logins: [...logins],
    owner,
  };
  const targets = [{ vault: 'file', secret: 'orders', value: 'url' }];
  const times = { grace: 0, soak: 0, limits: { poll: '250ms' } };
  const smokeTests = [{ sql: 'select count(*) from orders' }];
  return stringify({ credentials: { [id]: { owner: 'orders-team', provider, targets, smokeTests, ...times } } });
}

/** Does as an administrator what `check` says has to be prepared. */
async function prepare(
  installed: Installed,
  server: RunningPostgres,
  env: { ORDERS_ADMIN: string },
): Promise<{ value: string }> {
  const administrator = new Administrator(server);
  await administrator.makeDatabase();
  const [ofAdmin, ofLogin] = [newPassword(), newPassword()];
  env.ORDERS_ADMIN = adminUrlFor(server, ofAdmin).reveal();
  const { stdout } = expectEnd(await installed.keyturn(['check', '--json'], { env }), 7, 69);
  const { credentials } = JSON.parse(stdout) as { credentials: [{ scripts: string[] }] };
  const [script] = credentials[0].scripts;
  if (!script) throw new Error(`check shows no script: ${stdout}`);
  await administrator.makeRoles(script);
  await administrator.setPassword(admin, ofAdmin);
  await administrator.setPassword(logins[0], ofLogin);
  return { value: urlFor(server, logins[0], ofLogin).reveal() };
}

const reading = `
  import { readFileVault } from 'keyturn/application';
  process.stdout.write((await readFileVault({ home: '.keyturn', secret: 'orders' })).value);
`;

/** As an application does: reads the value, and uses it. */
async function expectNewOne(installed: Installed, before: string): Promise<void> {
  const now = await installed.node(['--input-type=module', '--eval', reading]);
  const [ofNow, ofBefore] = [await tryValue(now), await tryValue(before)];
  if (ofNow.accepted && ofNow.login === logins[1] && !ofBefore.accepted) return;
  throw new Error(`now: ${JSON.stringify(ofNow)}, before: ${JSON.stringify(ofBefore)}`);
}

function expectEnd(ended: Ended, ...codes: number[]): Ended {
  if (codes.includes(ended.code)) return ended;
  throw new Error(`it ended with ${ended.code}, not ${codes.join(' or ')}:\n${ended.stdout}\n${ended.stderr}`);
}

function expectText(text: string, wanted: string): void {
  if (!text.includes(wanted)) throw new Error(`it does not say ${wanted}:\n${text}`);
}

function says(child: ChildProcess, wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (said.includes(wanted)) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('close', () => reject(new Error(`it ended without saying "${wanted}":\n${said}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'close');
}
