import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { stringify } from 'yaml';
import { type Connected, connect } from '../../../client/connect.ts';
import { startDevServer } from '../../../client/embedded/dev-server.ts';
import { keyRingFile, openKeyRing } from '../../../connectors/keyrings/file/index.ts';
import { readFileVault } from '../../../connectors/vaults/file/index.ts';
import type { CredentialConsumer } from '../../../contract/index.ts';
import { testContext } from '../../support/context.ts';
import { type Call, type Google, startGoogle } from '../../support/google/server.ts';
import { GoogleStatus } from '../../support/google/status.ts';
import { everyForm, type Hidden, hidden } from './forms.ts';
import { awsIssuer, type Issuer, postgresIssuer } from './issuers.ts';
import { keyturn, type Program, startWorkerProgram } from './processes.ts';
import { startToldConsumer, type ToldConsumer } from './told-consumer.ts';
import { filePlace, googlePlace, type VaultPlace } from './vault-places.ts';

/** Keyturn as it is installed: a Temporal with a database file, a worker and the command line as processes of their own. */
export interface CanaryWorld {
  /** Keyturn's folder, and the one that holds `temporal.db`. */
  home: string;
  databaseFolder: string;
  temporal: Connected;
  worker: Program;
  /** Every run of the command line so far. */
  runs: Program[];
  keyturn(...args: string[]): Program & {
    /** Waits for its end. */
    done(): Promise<Program>;
  };
  /** Every value that has passed through, the old ones and Keyturn's own keys included. */
  values(): Promise<Hidden[]>;
  /** Ends the worker and the server, so that all that they write is on the disk. */
  halt(): Promise<void>;
  stop(): Promise<void>;
}

/** The credentials of the catalog, by what becomes of them. */
export const ids = {
  rotated: 'canary/orders/DATABASE_URL',
  restored: 'canary/uploads/ACCESS_KEY',
  denied: 'canary/partner/TOKEN',
  refused: 'canary/broken/DATABASE_URL',
  planted: 'canary/planted/TOKEN',
} as const;

export async function startCanaryWorld(): Promise<CanaryWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-canary-'));
  const home = join(folder, 'home');
  const databaseFile = join(folder, 'database', 'temporal.db');
  const [server, google, told] = await Promise.all([
    startDevServer({ databaseFile }),
    startGoogle(),
    startToldConsumer(),
  ]);
  const seen: Hidden[] = [];
  const systems = await makeSystems(home, google, told, seen);
  const catalog = join(folder, 'keyturn.yaml');
  await writeFile(catalog, stringify({ credentials: systems.credentials }));
  const common = {
    KEYTURN_HOME: home,
    KEYTURN_LOG: 'debug',
    KEYTURN_CATALOG: catalog,
    TEMPORAL_ADDRESS: server.address,
  };
  const [worker, temporal] = await Promise.all([
    startWorkerProgram({ ...common, ...systems.env }),
    connect({ TEMPORAL_ADDRESS: server.address }),
  ]);
  const runs: Program[] = [];
  const halt = async () => {
    await worker.stop();
    await temporal.close();
    await server.stop();
  };
  return {
    home,
    databaseFolder: join(folder, 'database'),
    temporal,
    worker,
    runs,
    keyturn(...args) {
      const run = keyturn(args, common);
      runs.push(run);
      return { ...run, done: () => run.exited.then(() => run) };
    },
    values: async () => [...systems.known, ...seen, ...(await ringKeys(home))],
    halt,
    async stop() {
      await Promise.all([told.stop(), google.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Systems {
  credentials: Record<string, object>;
  env: Record<string, string>;
  known: Hidden[];
}

async function makeSystems(home: string, google: Google, told: ToldConsumer, seen: Hidden[]): Promise<Systems> {
  const keys = await openKeyRing(keyRingFile(home), { create: true });
  const ctx = testContext({ keys, home });
  const [orders, uploads, broken] = await Promise.all([postgresIssuer(), awsIssuer(), postgresIssuer()]);
  const wrong = broken.first.replace(/:[^:@]+@/, `:not-the-password-${randomBytes(6).toString('hex')}@`);
  const token = `first-token-${randomBytes(12).toString('hex')}`;
  const { shape } = orders;
  const main = await filePlace(ctx, { first: orders.first, shape });
  const copy = googlePlace(google, 'alias', { first: orders.first, shape, name: 'copy' });
  const key = googlePlace(google, 'latest', { first: uploads.first, shape: uploads.shape });
  const partner = googlePlace(google, 'alias', { first: token });
  const stale = await filePlace(ctx, { first: wrong, shape });
  const planted = await filePlace(ctx, { first: `${token}-of-the-control-run` });

  google.intercept = (call) => watched(call, partner.secret, seen);
  told.says = async ({ credential, target, verb, version }) => {
    if (credential === ids.rotated && target === 'main') {
      const { value } = await readFileVault({ home, secret: main.secret, which: { id: version } });
      seen.push(...minted(partsOf(`what ${target} served`, value)));
    }
    if (credential !== ids.restored || verb !== 'use' || version !== '2') return { status: 'loaded' };
    // As applications do: their errors quote what they have tried.
    const { data = '' } = google.secrets.version(`${key.secret}/versions/${version}`);
    const { secret } = JSON.parse(String(data)) as { secret: string };
    return { status: 'failed', reason: `cannot sign with ${data}: ${everyForm(secret)}` };
  };
  // Characters that each form writes in its own way.
  const characters = 'abcdefghijklmnopqrstuvwxyz0123456789"\\/+=&%<>~';
  const random = { type: 'random', length: 40, alphabet: { characters } };
  return {
    credentials: {
      [ids.rotated]: declared(orders.provider, [main, copy], [told.declared]),
      [ids.restored]: declared(uploads.provider, [key], [told.declared]),
      [ids.denied]: declared(random, [partner], []),
      [ids.refused]: declared(broken.provider, [stale], []),
      [ids.planted]: { ...declared(random, [planted], []), grace: '10m' },
    },
    env: Object.assign(
      { [told.variable]: told.secret },
      ...[orders, uploads, broken, main, copy, key, partner].map((each) => each.env),
    ),
    known: [
      ...[orders, uploads, broken].flatMap(adminParts),
      ...[orders.first, uploads.first, wrong, token].flatMap((first) => partsOf('a first value', first)),
      ...Object.entries(google.address.keyFiles).flatMap(([account, text]) => keyFileParts(account, text)),
      hidden('the HMAC key', told.secret),
      hidden('the HMAC key without its prefix', told.secret.replace('whsec_', '')),
      hidden('the bytes of the HMAC key', Buffer.from(told.secret.replace('whsec_', ''), 'base64')),
    ],
  };
}

function declared(
  provider: Issuer['provider'],
  places: VaultPlace[],
  consumers: Partial<CredentialConsumer>[],
): object {
  return {
    owner: 'tests',
    provider,
    targets: places.map((place) => place.target),
    consumers,
    grace: 0,
    soak: 0,
    limits: { step: '6m', settle: '6m', refusal: '6m', attempt: '10s', poll: '200ms' },
  };
}

/** Every value that comes to Google is noted. One secret takes none, and its error repeats what was sent, in every form. */
function watched({ method, request, run }: Call, refusing: string, seen: Hidden[]): object {
  if (method !== 'AddSecretVersion') return run();
  const { parent, payload } = request as { parent: string; payload: { data: Buffer } };
  const value = payload.data.toString();
  seen.push(...minted(partsOf(`what Google was sent for ${parent}`, value)));
  if (parent !== refusing) return run();
  const basic = Buffer.from(`user:${value}`).toString('base64');
  const echo = `${everyForm(value)}, as JSON ${JSON.stringify({ value })}, authorization: Basic ${basic}`;
  throw new GoogleStatus(status.PERMISSION_DENIED, `Denied: ${echo}`);
}

function minted(values: Hidden[]): Hidden[] {
  return values.map((value) => ({ ...value, isMinted: true }));
}

/** The document and the secret parts of it. */
function partsOf(name: string, document: string): Hidden[] {
  const password = /^postgres:\/\/[^:]+:([^@]+)@/.exec(document)?.[1];
  if (password !== undefined) return [hidden(name, document), hidden(`${name}: the password`, password)];
  if (!document.startsWith('{')) return [hidden(name, document)];
  const { secret } = JSON.parse(document) as { secret: string };
  return [hidden(name, document), hidden(`${name}: the secret`, secret)];
}

function adminParts({ admin, env }: Issuer): Hidden[] {
  return partsOf(`the admin's ${admin.name}`, env[admin.name] ?? '');
}

/** A line from the middle of the private key stands for it. */
function keyFileParts(account: string, text: string): Hidden[] {
  const { private_key: key } = JSON.parse(text) as { private_key: string };
  const line = key.split('\n')[10] ?? '';
  return [hidden(`the private key of ${account}`, key), hidden(`a line of the private key of ${account}`, line)];
}

/** Keyturn's own keys: as they stand in the ring, and their bytes. */
async function ringKeys(home: string): Promise<Hidden[]> {
  const { purposes } = JSON.parse(await readFile(keyRingFile(home), 'utf8')) as {
    purposes: Record<string, { keys: { k?: string; d?: string }[] }>;
  };
  return Object.entries(purposes).flatMap(([purpose, { keys }]) =>
    keys.flatMap(({ d, k }) => {
      const secret = k ?? d ?? '';
      const bytes = Buffer.from(secret, 'base64url');
      return [hidden(`the ${purpose} key`, secret), hidden(`the bytes of the ${purpose} key`, bytes)];
    }),
  );
}
