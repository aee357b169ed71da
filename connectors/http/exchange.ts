import type { Context } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';

export interface HttpRequest {
  /** Who answers, for people: `the accepter`. Stands in errors in place of the URL. */
  peer: string;
  url: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  timeoutMs: number;
}

export interface HttpAnswer {
  status: number;
  /** The server's own wish, from `Retry-After` (RFC 9110, section 10.2.3). At most an hour. */
  retryAfterMs: number | undefined;
  /** The body as UTF-8. Call it once or not at all. @throws KeyturnError `invalid` when it is too long or not UTF-8. */
  text(maxBytes: number): Promise<string>;
}

const hourMs = 3_600_000;

/**
 * One request. Redirects are answers, not followed; TLS is always checked.
 * @param read takes what it needs from the answer; the connection is let go of afterwards.
 * @throws KeyturnError `transient` after `timeoutMs` and for a peer out of reach, `invalid` for a bad certificate.
 */
export async function exchange<T>(
  ctx: Context,
  request: HttpRequest,
  read: (answer: HttpAnswer) => Promise<T>,
): Promise<T> {
  for (const [name, value] of Object.entries(request.headers)) assertHeader(request.peer, name, value);
  // The one timer of the machine's own: it bounds a wait for the network, which a virtual clock cannot hurry.
  const signal = AbortSignal.any([ctx.cancelled, AbortSignal.timeout(request.timeoutMs)]);
  const { peer, url, timeoutMs, ...init } = request;
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    try {
      return await read({
        status: response.status,
        retryAfterMs: retryAfterMs(response.headers.get('retry-after'), ctx.now()),
        text: (maxBytes) => bodyOf(peer, response, maxBytes),
      });
    } finally {
      if (!response.bodyUsed) await response.body?.cancel();
    }
  } catch (error) {
    if (ctx.cancelled.aborted) throw new KeyturnError('transient', `the call of ${peer} was cancelled`);
    throw unanswered(peer, error, timeoutMs);
  }
}

/** `fetch` would trim such a value, or repeat it in its error. RFC 9110, section 5.5. */
function assertHeader(peer: string, name: string, value: string): void {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return;
  throw new KeyturnError('invalid', `the value for ${peer} cannot be sent in the HTTP header ${name}`, {
    fix: 'it must be printable ASCII, with no space at its ends',
  });
}

async function bodyOf(peer: string, response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  let text = '';
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new KeyturnError('invalid', `the answer of ${peer} is longer than ${maxBytes} bytes`);
    text += decoded(peer, () => decoder.decode(chunk, { stream: true }));
  }
  return text + decoded(peer, () => decoder.decode());
}

function decoded(peer: string, decode: () => string): string {
  try {
    return decode();
  } catch {
    throw new KeyturnError('invalid', `the answer of ${peer} is not UTF-8`);
  }
}

/** Seconds, or an HTTP date. A wish that is already past is none: the usual delay is better than no delay. */
function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const isDate = /^[A-Za-z]{3,9}, .{1,40}$/.test(header);
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : isDate ? Date.parse(header) - nowMs : Number.NaN;
  return ms > 0 ? Math.min(ms, hourMs) : undefined;
}

/** Node's names for a certificate that does not hold (OpenSSL's verification errors and its own). */
const certificate = /CERT|SIGNATURE|^ERR_TLS_|^ERR_SSL_/;

function unanswered(peer: string, error: unknown, timeoutMs: number): KeyturnError {
  if (error instanceof KeyturnError) return error;
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new KeyturnError('transient', `${peer} did not answer within ${timeoutMs} ms`);
  }
  const code = codeOf(error);
  if (code !== undefined && certificate.test(code)) {
    return new KeyturnError('invalid', `the TLS certificate of ${peer} is not valid here (${code})`, {
      fix: 'mend the certificate, or give its authority to Node with NODE_EXTRA_CA_CERTS',
    });
  }
  return new KeyturnError('transient', `${peer} cannot be reached (${code ?? 'the connection broke'})`);
}

function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && /^[A-Z0-9_]{1,60}$/.test(at.code)) return at.code;
  }
  return undefined;
}
