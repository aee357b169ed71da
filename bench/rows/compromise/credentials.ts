import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { declarationOf } from '../../../catalog/declaration.ts';
import { attestationsJson, readChange, verifyWebhook } from '../../../connectors/consumers/webhook/receiver.ts';
import { readFileVault } from '../../../connectors/vaults/file/index.ts';
import type { Change, Credential } from '../../../contract/index.ts';
import { postgres } from '../../../test/crash/stand/issuers.ts';
import { filePlace } from '../../../test/crash/stand/places.ts';
import { startPostgres } from '../../../test/support/embedded-postgres.ts';
import { httpDouble } from '../../../test/support/http-double.ts';
import { catalogIn } from '../../catalog.ts';
import type { Bench } from '../../row.ts';
import type { Stand } from '../../stand.ts';

/** Pairs of PostgreSQL logins in the file vault, each with one consumer, and the catalog that declares them. */
export interface Logins {
  credentials: readonly Credential[];
  catalog: string;
  /** What the workers have to find in their environment. */
  env: Record<string, string>;
}

/** Enough for all workers' activities at once. */
const settings = { max_connections: '500' };
const variable = 'BENCH_WEBHOOK';

export async function makeLogins(bench: Bench, stand: Stand, count: number): Promise<Logins> {
  const server = await startPostgres({ settings });
  bench.later(() => server.stop());
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const consumer = await startConsumer(bench, stand, secret);
  const env = { [variable]: secret };
  const declared: Record<string, object> = {};
  // One after the other: grants on what all share fail when two happen at once.
  for (let number = 1; number <= count; number += 1) {
    const id = `compromise/app-${number}`;
    const issuer = await postgres({ postgres: { ...server, road: server }, aws: undefined as never });
    const place = await filePlace(stand.home, stand.keys, issuer.first, id);
    Object.assign(env, issuer.env);
    declared[id] = {
      owner: 'bench',
      provider: issuer.provider,
      targets: [{ name: 'main', value: issuer.shape, ...place.located }],
      consumers: [{ type: 'webhook', name: 'app', url: consumer, secret: { env: variable } }],
      smokeTests: issuer.smokeTests,
    };
  }
  const catalog = join(stand.folder, 'keyturn.yaml');
  return { credentials: (await catalogIn(catalog, declared)).map(declarationOf), catalog, env };
}

/** Reads what it is told of out of the vault, and attests it. @returns where it is told. */
async function startConsumer({ later }: Bench, { home }: Stand, secret: string): Promise<string> {
  const double = await httpDouble(async (request, response, body) => {
    verifyWebhook(request.headers, body, secret);
    const change = readChange(body);
    await readFileVault({ home, secret: change.credential, which: { id: change.version } });
    response.writeHead(200).end(attestationsJson([loaded(change)]));
  });
  later(() => double.stop());
  return double.url;
}

function loaded({ keyId, target }: Change) {
  return { instance: 'app-1', target, keyId, status: 'loaded' as const };
}
