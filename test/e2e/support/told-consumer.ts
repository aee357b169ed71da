import { randomBytes } from 'node:crypto';
import { attestationsJson, readChange, verifyWebhook } from '../../../connectors/consumers/webhook/receiver.ts';
import type { AttestationStatus, Change, CredentialConsumer } from '../../../contract/index.ts';
import { plainApp } from '../../support/consumers.ts';
import { httpDouble } from '../../support/http-double.ts';

export interface Said {
  status: AttestationStatus;
  reason?: string;
}

/** An application that takes signed webhooks, for any number of credentials. */
export interface ToldConsumer {
  /** The HMAC key. */
  secret: string;
  /** The name of the environment variable in which the worker finds it. */
  variable: string;
  changes: Change[];
  /** What it attests of a change; runs after the change was taken. */
  says(change: Change): Promise<Said> | Said;
  /** Its entry among a credential's consumers. */
  declared: CredentialConsumer;
  stop(): Promise<void>;
}

export async function startToldConsumer(): Promise<ToldConsumer> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const variable = `HMAC_${randomBytes(6).toString('hex').toUpperCase()}`;
  const consumer: Omit<ToldConsumer, 'declared' | 'stop'> = {
    secret,
    variable,
    changes: [],
    says: () => ({ status: 'loaded' }),
  };
  const { stop, url } = await httpDouble(async (request, response, body) => {
    verifyWebhook(request.headers, body, secret);
    const change = readChange(body);
    consumer.changes.push(change);
    const { keyId, target } = change;
    const attestation = { instance: 'app-1', target, keyId, ...(await consumer.says(change)) };
    response.writeHead(200).end(attestationsJson([attestation]));
  });
  const declared: CredentialConsumer = {
    type: 'webhook',
    ...plainApp,
    url: `${url}/keyturn`,
    secret: { env: variable },
  };
  return Object.assign(consumer, { declared, stop });
}
