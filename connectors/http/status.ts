import type { ErrorKind } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import type { HttpAnswer } from './exchange.ts';

const kinds: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not-found',
  408: 'transient',
  409: 'conflict',
  410: 'not-found',
  425: 'transient',
  429: 'rate-limited',
};

/** What a status other than 2xx means (RFC 9110, section 15). A redirect is `invalid`: it is not followed. */
export function kindOfStatus(status: number): ErrorKind {
  return kinds[status] ?? (status >= 500 ? 'transient' : 'invalid');
}

/** @param fix for the kinds that a person has to mend. */
export function statusError(peer: string, { status, retryAfterMs }: HttpAnswer, fix?: string): KeyturnError {
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
  return new KeyturnError(kindOfStatus(status), `${peer} answered HTTP ${status}${redirect}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(fix === undefined ? {} : { fix }),
  });
}
