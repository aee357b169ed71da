import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { loadVault } from '../../connectors/load.ts';
import { type Context, type KeyRing, KeyturnError, Secret } from '../../contract/index.ts';

/** Keyturn's folder for this run, and where things are in it. */
export interface Home {
  folder: string;
  keys: KeyRing;
  catalog: string;
  audit: string;
  applicationLog: string;
  workerLog: string;
  adminUrlFile: string;
  webhookSecretFile: string;
  /** With `--keep`: the value that was rotated away, to be tried from outside. */
  oldUrlFile: string;
}

/** The target's name in the file vault. */
export const secretName = 'orders/DATABASE_URL';

export async function makeHome(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-quickstart-'));
  const secrets = join(folder, 'secrets');
  await mkdir(secrets, { mode: 0o700 });
  const webhookSecretFile = join(secrets, 'webhook');
  await writeSecret(webhookSecretFile, new Secret(`whsec_${randomBytes(32).toString('base64')}`));
  return {
    folder,
    keys: await openKeyRing(keyRingFile(folder), { create: true }),
    catalog: join(folder, 'keyturn.yaml'),
    audit: join(folder, 'audit.db'),
    applicationLog: join(folder, 'application.log'),
    workerLog: join(folder, 'worker.log'),
    adminUrlFile: join(secrets, 'admin-url'),
    webhookSecretFile,
    oldUrlFile: join(secrets, 'old-url'),
  };
}

/** Takes away whatever is secret or of no use any more; the audit, the catalog and the logs stay as the proof. */
export async function leaveProofOnly({ folder }: Home): Promise<void> {
  for (const name of ['secrets', 'vault', 'keys.json']) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  // It may have ended before there was anything to prove.
  if ((await readdir(folder)).length === 0) await rmdir(folder);
}

export async function removeHome({ folder }: Home): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

export async function writeSecret(file: string, secret: Secret): Promise<void> {
  await writeFile(file, `${secret.reveal()}\n`, { mode: 0o600, flag: 'wx' });
}

/** Puts the application's URL into the empty vault, as `keyturn store` does. */
export async function storeFirstValue(home: Home, value: Secret): Promise<void> {
  const connector = await loadVault('file');
  const vault = connector.open(connector.schema.parse({ vault: 'file', secret: secretName }));
  await vault.write(contextIn(home), value, 'absent');
}

/** What connectors need, outside a rotation. */
export function contextIn({ folder, keys }: Home): Context {
  return {
    credential: 'quickstart',
    now: () => Date.now(),
    random: (bytes) => randomBytes(bytes),
    sleep: (ms) => sleep(ms),
    heartbeat: () => {},
    cancelled: new AbortController().signal,
    async resolve(ref) {
      if (!('file' in ref)) throw new KeyturnError('invalid', 'the quickstart keeps its secrets in files');
      return new Secret((await readFile(ref.file, 'utf8')).trim());
    },
    fingerprint: async () => {
      throw new KeyturnError('invalid', 'the quickstart itself needs no fingerprints');
    },
    keys,
    home: folder,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
  };
}
