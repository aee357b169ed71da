import type { IncomingMessage } from 'node:http';
import { attestationsJson, readChange, verifyWebhook } from '../../connectors/consumers/webhook/receiver.ts';
import type { Attestation, Change } from '../../contract/index.ts';
import { type HttpDouble, httpDouble } from '../support/http-double.ts';
import type { Consumer } from './consumer.ts';

/** One server for all consumers, with a path for each. */
export interface Endpoint extends HttpDouble {
  /** What went wrong when a consumer was told. */
  troubles: string[];
}

/** @param consumers by path. */
export async function openEndpoint(consumers: ReadonlyMap<string, Consumer>): Promise<Endpoint> {
  const troubles: string[] = [];
  const double = await httpDouble(async (request, response, body) => {
    try {
      const consumer = consumers.get(request.url ?? '');
      if (!consumer) return void response.writeHead(404).end();
      const change = changeIn(request, body, consumer);
      response.writeHead(200).end(attestationsJson([await take(consumer, change)]));
    } catch (error) {
      troubles.push(`${request.url}: ${error}`);
      // To be told again.
      response.writeHead(503).end();
    }
  });
  return { ...double, troubles };
}

function changeIn({ headers }: IncomingMessage, body: string, { secret }: Consumer): Change {
  verifyWebhook(headers, body, secret);
  return readChange(body);
}

/** What it reads may be newer than what it was told of: it attests no key that it has not loaded. */
async function take(consumer: Consumer, { keyId, target, version: told }: Change): Promise<Attestation> {
  const version = await consumer.load();
  return { instance: 'app-1', target, version, ...(version === told && { keyId }), status: 'loaded' };
}
