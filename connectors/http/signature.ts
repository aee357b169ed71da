import { timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { KeyturnError } from '../../contract/index.ts';

/** Standard Webhooks 1.0.0, "Signature scheme": 24 to 64 bytes, in base64 after `whsec_`. */
function webhookWith(secret: string): Webhook {
  const base64 = secret.trim().replace(/^whsec_/, '');
  const key = Buffer.from(base64, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || key.length < 24 || key.length > 64) {
    throw new KeyturnError(
      'invalid',
      "the webhook's secret is not 24 to 64 bytes in base64, with or without whsec_ before it",
      {
        fix: 'make one: echo "whsec_$(openssl rand -base64 32)"',
      },
    );
  }
  return new Webhook(key, { format: 'raw' });
}

export interface SignedHeaders {
  'webhook-id': string;
  /** Seconds since the epoch. */
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/** @param payload the body, or for a question without one the query of its URL. */
export function sign(secret: string, deliveryId: string, nowMs: number, payload: string): SignedHeaders {
  // An id from words of other systems need not be fit for a header; the encoding is the same for every repetition.
  const id = deliveryId.replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent);
  const at = new Date(nowMs);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': webhookWith(secret).sign(id, at, payload),
  };
}

export interface Tolerance {
  /** How far the sender's clock may be from this one. Default: five minutes. */
  toleranceMs?: number;
  /** Epoch milliseconds. Default: this machine's clock. */
  nowMs?: number;
}

export type IncomingHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * For applications: resolves the question whether a request is Keyturn's, recent and unchanged. A request that is
 * repeated within the tolerance passes too: act once per `webhook-id`.
 * @param payload the body as it came, before any parsing; for GET the URL's query without its `?`.
 * @param secrets one, or the new and the old while the secret itself is rotated.
 * @throws KeyturnError `unauthorized` when it is not; `invalid` for an unusable secret.
 */
export function verifyWebhook(
  headers: IncomingHeaders,
  payload: string | Uint8Array,
  secrets: string | readonly string[],
  { toleranceMs = 300_000, nowMs = Date.now() }: Tolerance = {},
): void {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const signatures = header(headers, 'webhook-signature').split(' ');
  const atMs = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1_000 : Number.NaN;
  if (!(Math.abs(nowMs - atMs) <= toleranceMs)) {
    throw new KeyturnError('unauthorized', 'the webhook-timestamp is missing or too far from now', {
      fix: 'compare the clocks of both machines',
    });
  }
  const text = typeof payload === 'string' ? payload : Buffer.from(payload).toString();
  const genuine = [secrets].flat().some((secret) => {
    const expected = webhookWith(secret).sign(id, new Date(atMs), text);
    return signatures.some((signature) => same(signature, expected));
  });
  if (!genuine) throw new KeyturnError('unauthorized', 'no webhook-signature is by a secret that is known here');
}

function header(headers: IncomingHeaders, name: string): string {
  const value =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  if (typeof value === 'string' && value !== '') return value;
  throw new KeyturnError('unauthorized', `the header ${name} is missing`);
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
