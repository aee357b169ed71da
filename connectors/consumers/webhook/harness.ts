import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attestation, Change } from '../../../contract/index.ts';
import { Secret } from '../../../contract/index.ts';
import type { ConsumerCase, ConsumerSetup, Harness } from '../../../test/conformance/harness.ts';
import { testContext } from '../../../test/support/context.ts';
import { httpDouble, nobodyHome } from '../../../test/support/http-double.ts';
import { connector } from './index.ts';
import { attestationsJson, readChange, verifyWebhook } from './receiver.ts';

/** What this harness offers beside the common part: answers that no honest consumer gives. */
export interface WebhookSetup extends ConsumerSetup {
  answer(raw: { status?: number; headers?: Record<string, string>; body: string | Uint8Array } | 'hang up'): void;
  /** Must never be seen in an error. */
  secrets: readonly string[];
}

const good = { env: 'HMAC_KEY' };
const other = { env: 'OTHER_HMAC_KEY' };

export function change(overrides: Partial<Change> = {}): Change {
  return {
    deliveryId: 'rotation-1/orders/use/key-2/2',
    rotation: 'rotation-1',
    credential: 'production/orders/DATABASE_URL',
    target: 'main',
    verb: 'use',
    keyId: 'key-2',
    version: 'version-2',
    previous: 'key-1',
    instances: 2,
    ...overrides,
  };
}

/** An application that checks signatures, takes changes and attests. */
class Application {
  readonly received: Change[] = [];
  attestations: readonly Attestation[] = [];
  raw: Parameters<WebhookSetup['answer']>[0] | undefined;
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  handle(request: IncomingMessage, response: ServerResponse, body: string): void {
    try {
      verifyWebhook(request.headers, request.method === 'GET' ? queryOf(request) : body, this.#secret);
    } catch {
      response.writeHead(401).end();
      return;
    }
    if (request.method === 'POST') this.received.push(readChange(body));
    if (this.raw === 'hang up') response.destroy();
    else if (this.raw) response.writeHead(this.raw.status ?? 200, this.raw.headers).end(this.raw.body);
    else response.end(attestationsJson(this.attestations));
  }
}

function queryOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://application').search.slice(1);
}

async function setUp(): Promise<WebhookSetup> {
  const [secret, unknown] = [newSecret(), newSecret()];
  const application = new Application(secret);
  const double = await httpDouble((request, response, body) => application.handle(request, response, body));
  const at = (url: string, ref = good) =>
    connector.open(
      connector.schema.parse({ type: 'webhook', url: `${url}/keyturn`, statusUrl: `${url}/status`, secret: ref }),
    );
  return {
    consumer: at(double.url),
    ctx: testContext({
      secrets: { [JSON.stringify(good)]: new Secret(secret), [JSON.stringify(other)]: new Secret(unknown) },
    }),
    change: change(),
    received: () => application.received,
    attest: (attestations) => {
      application.attestations = attestations;
    },
    answer: (raw) => {
      application.raw = raw;
    },
    secrets: [secret, unknown].flatMap((text) => [text, text.slice('whsec_'.length)]),
    unreachable: at(await nobodyHome()),
    denied: at(double.url, other),
    tearDown: double.stop,
  };
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export const harness: Harness<ConsumerCase> = { cases: [{ name: 'webhook', connector, setUp }] };
