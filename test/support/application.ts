import { randomBytes } from 'node:crypto';
import { attestationsJson, readChange, verifyWebhook } from '../../connectors/consumers/webhook/receiver.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import type { Attestation, Change, CredentialConsumer } from '../../contract/index.ts';
import { plainApp } from './consumers.ts';
import { httpDouble } from './http-double.ts';

/**
 * A real application in this process that reads a vault and takes webhooks, as instances `app-1` to `app-<n>`. At `/whoami`
 * it is also the one who checks the value: it accepts what it has been told to accept.
 */
export interface Application {
  url: string;
  secret: string;
  changes: Change[];
  /** Values that `/whoami` accepts. */
  accepted: Set<string>;
  /** What the instances have loaded. */
  loaded: string | undefined;
  /** Takes what it is told and says nothing. */
  silent: boolean;
  /** Says of this change that the key fails. */
  failing(change: Change): boolean;
  /** Hears of every value that `/whoami` is asked about, before it answers. */
  asked(value: string): void;
  consumer(given: Partial<CredentialConsumer>): CredentialConsumer;
  stop(): Promise<void>;
}

export type ApplicationOptions = { firstValue: string } & (
  | {
      home: string;
      /** In the file vault. */
      secretName: string;
    }
  | {
      /** Takes the value of a change out of whatever vault its target is in. */
      read(change: Change): Promise<string>;
    }
);

export async function startApplication(options: ApplicationOptions): Promise<Application> {
  const { firstValue } = options;
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const known = new Map<string, string>();
  const app: Omit<Application, 'url' | 'stop' | 'consumer'> = {
    secret,
    changes: [],
    accepted: new Set([firstValue]),
    loaded: firstValue,
    silent: false,
    failing: () => false,
    asked: () => {},
  };
  const act = async (change: Change) => {
    if (change.verb === 'drop') {
      const dropped = known.get(change.previous) ?? firstValue;
      app.accepted.delete(dropped);
      return;
    }
    const value = await readBy(options, change);
    known.set(change.keyId, value);
    if (change.verb === 'accept') app.accepted.add(value);
    else app.loaded = value;
  };
  const double = await httpDouble(async (request, response, body) => {
    if (request.url === '/whoami') {
      const sent = request.headers.authorization?.replace('Bearer ', '') ?? '';
      app.asked(sent);
      response.writeHead(app.accepted.has(sent) ? 200 : 401).end();
      return;
    }
    verifyWebhook(request.headers, body, secret);
    const change = readChange(body);
    app.changes.push(change);
    await act(change);
    if (app.silent) response.writeHead(202).end();
    else response.writeHead(200).end(attestationsJson(attestationsFor(change, app.failing(change))));
  });
  return Object.assign(app, {
    url: double.url,
    stop: double.stop,
    consumer: (given: Partial<CredentialConsumer>): CredentialConsumer => ({
      type: 'webhook',
      ...plainApp,
      url: `${double.url}/keyturn`,
      secret: { env: 'APP_WEBHOOK_SECRET' },
      ...given,
    }),
  });
}

async function readBy(options: ApplicationOptions, change: Change): Promise<string> {
  if ('read' in options) return options.read(change);
  const { home, secretName } = options;
  return (await readFileVault({ home, secret: secretName, which: { id: change.version } })).value;
}

function attestationsFor(change: Change, fails: boolean): Attestation[] {
  const dropped = change.verb === 'drop';
  const status = dropped ? 'dropped' : fails ? 'failed' : 'loaded';
  return Array.from({ length: change.instances }, (_, index) => ({
    instance: `app-${index + 1}`,
    target: change.target,
    keyId: dropped ? change.previous : change.keyId,
    status,
  }));
}
