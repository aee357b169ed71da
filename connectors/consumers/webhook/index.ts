import type { Attestation, Change, Consumer, ConsumerConnector, Context } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import { exchange, type HttpAnswer } from '../../http/exchange.ts';
import { statusError } from '../../http/status.ts';
import { type Config, configSchema } from './config.ts';
import { answerBytesMax, changeJson, readAttestations, statusUrlFor } from './message.ts';

/** Tells a consumer over HTTP, signed as Standard Webhooks 1.0.0 says. */
export const connector: ConsumerConnector<Config> = {
  kind: 'consumer',
  name: 'webhook',
  schema: configSchema,
  classify: (error) => (error instanceof KeyturnError ? error.kind : undefined),
  open: (config): Consumer => ({
    refresh: (ctx, change) => refresh(ctx, config, change),
    attested: (ctx, change) => attested(ctx, config, change),
  }),
};

function refresh(ctx: Context, config: Config, change: Change): Promise<Attestation[]> {
  return call(ctx, config, change, { url: config.url, body: changeJson(change) });
}

async function attested(ctx: Context, config: Config, change: Change): Promise<Attestation[] | 'unknown'> {
  if (config.statusUrl === undefined) return 'unknown';
  const url = statusUrlFor(config.statusUrl, change);
  return call(ctx, config, change, { url: url.href });
}

/** One signed request. Without a body the query is what is signed, so that nobody can put another question with it. */
async function call(
  ctx: Context,
  config: Config,
  change: Change,
  { url, body }: { url: string; body?: string },
): Promise<Attestation[]> {
  const { sign } = await import('../../http/signature.ts');
  const secret = await ctx.resolve(config.secret);
  const signed = sign(secret.reveal(), change.deliveryId, ctx.now(), body ?? new URL(url).search.slice(1));
  const request = {
    peer: 'the consumer',
    url,
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...signed,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    timeoutMs: config.timeoutMs,
  };
  return exchange(ctx, request, (answer) => attestationsIn(answer, change));
}

const fixes: Readonly<Record<number, string>> = {
  401: 'give both sides the same secret, and compare their clocks',
  403: 'give both sides the same secret, and compare their clocks',
  410: 'the consumer wants to be told no more: take it out of the catalog',
};

/** 202 and 204: taken; the attestations come later. */
async function attestationsIn(answer: HttpAnswer, change: Change): Promise<Attestation[]> {
  if (answer.status < 200 || answer.status >= 300) {
    throw statusError('the consumer', answer, fixes[answer.status]);
  }
  if (answer.status === 202 || answer.status === 204) return [];
  return readAttestations(await answer.text(answerBytesMax), change.target);
}
