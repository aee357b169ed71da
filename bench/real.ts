import { randomBytes } from 'node:crypto';
import { attestationsJson, readChange, verifyWebhook } from '../connectors/consumers/webhook/receiver.ts';
import type { Attestation, Change, Credential } from '../contract/index.ts';
import { postgres as makeLogins } from '../test/crash/stand/issuers.ts';
import { filePlace } from '../test/crash/stand/places.ts';
import { startPostgres } from '../test/support/embedded-postgres.ts';
import { httpDouble } from '../test/support/http-double.ts';
import { plain, plainConsumer } from './nothing/credentials.ts';
import type { Bench } from './row.ts';
import type { Stand } from './stand.ts';

/** Logins of a real PostgreSQL in the file vault, and a consumer that attests at once what its webhook tells it. */
export interface Real {
  credentials: Credential[];
  /** What workers have to find in their environment. */
  env: Record<string, string>;
}

/** It waits for the disk, as one does that keeps what it has committed. */
export const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

/** @param prefix of their ids. */
export async function makeReal(
  bench: Bench,
  { home, keys }: Pick<Stand, 'home' | 'keys'>,
  { count, prefix = 'bench' }: { count: number; prefix?: string },
): Promise<Real> {
  const server = await startPostgres({ settings: durable });
  bench.later(() => server.stop());
  const postgres = { ...server, road: { port: server.port } };
  const consumer = await startConsumer(bench);
  const env = { ...consumer.env };
  const credentials: Credential[] = [];
  // One after the other: grants on what all share fail when two happen at once.
  for (let number = 1; number <= count; number += 1) {
    const issuer = await makeLogins({ postgres });
    const id = `${prefix}/postgres-${number}`;
    const { located } = await filePlace(home, keys, issuer.first, id);
    Object.assign(env, issuer.env);
    credentials.push({
      ...plain(id),
      provider: issuer.provider as Credential['provider'],
      targets: [{ name: 'main', value: issuer.shape, ...located }],
      consumers: [{ ...plainConsumer('app'), ...consumer.declared }],
    });
  }
  return { credentials, env };
}

const variable = 'BENCH_WEBHOOK_SECRET';

async function startConsumer(bench: Bench) {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const { stop, url } = await httpDouble((request, response, body) => {
    verifyWebhook(request.headers, body, secret);
    response.writeHead(200).end(attestationsJson([loaded(readChange(body))]));
  });
  bench.later(stop);
  return {
    env: { [variable]: secret },
    declared: { type: 'webhook', url: `${url}/keyturn`, secret: { env: variable } },
  };
}

function loaded({ keyId, target, version }: Change): Attestation {
  return { instance: 'app-1', target, keyId, version, status: 'loaded' };
}
