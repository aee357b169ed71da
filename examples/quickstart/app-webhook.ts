import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attestationsJson, readChange, verifyWebhook } from '../../connectors/consumers/webhook/receiver.ts';
import { type Attestation, type Change, KeyturnError } from '../../contract/index.ts';
import { type Connections, DoesNotWork } from './app-connections.ts';

export interface Listening {
  connections: Connections;
  /** Holds the HMAC key that Keyturn signs with. */
  secretFile: string;
  /** Answered at `/traffic`. */
  traffic(): unknown;
}

const instance = 'orders-application-1';
const bodyBytesMax = 65_536;

/** @returns the port. */
export async function listenForChanges(listening: Listening): Promise<number> {
  const secret = readFileSync(listening.secretFile, 'utf8').trim();
  const server = createServer((request, response) => {
    answer(listening, secret, request, response).catch((error: unknown) => {
      response.writeHead(statusFor(error)).end();
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function answer(
  listening: Listening,
  secret: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.url === '/traffic') {
    response.end(JSON.stringify(listening.traffic()));
    return;
  }
  const { connections } = listening;
  if (request.method === 'GET') {
    const question = new URL(request.url ?? '', 'http://application').searchParams;
    verifyWebhook(request.headers, question.toString(), secret);
    const { version } = connections;
    const target = question.get('target') ?? '';
    response.end(attestationsJson(version === undefined ? [] : [{ instance, target, version, status: 'loaded' }]));
    return;
  }
  const body = await bodyOf(request);
  verifyWebhook(request.headers, body, secret);
  response.end(attestationsJson([await take(connections, readChange(body))]));
}

/** Told twice, it finds the version in use and says so again. */
async function take(connections: Connections, change: Change): Promise<Attestation> {
  const { keyId, target } = change;
  try {
    const version = await connections.open();
    // What it reads may be newer than what it was told of: it never attests a key that it has not loaded.
    const read = version === change.version ? { keyId, version } : { version };
    return { instance, target, ...read, status: 'loaded' };
  } catch (error) {
    if (!(error instanceof DoesNotWork)) throw error;
    return { instance, target, keyId, status: 'failed', reason: error.message };
  }
}

/** Anything but a wrong signature or message is passing: 503 asks to be told again. */
function statusFor(error: unknown): number {
  if (!(error instanceof KeyturnError)) return 503;
  if (error.kind === 'unauthorized') return 401;
  return error.kind === 'invalid' ? 400 : 503;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bodyBytesMax) throw new KeyturnError('invalid', `the body is longer than ${bodyBytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
