import type { Context, Secret, Verdict } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import { type Accepter, smokeTestSchema } from './accepter-schema.ts';
import { exchange } from './exchange.ts';
import { kindOfStatus, statusError } from './status.ts';

/** @throws KeyturnError for every answer that is neither yes (2xx) nor no (401, 403). */
export function askAccepter(ctx: Context, accepter: Accepter, value: Secret): Promise<Verdict> {
  const { url, header, prefix, method, timeoutMs } = accepter;
  const peer = 'the accepter';
  const headers = { [header]: prefix + value.reveal() };
  return exchange(ctx, { peer, url, method, headers, timeoutMs }, async (answer): Promise<Verdict> => {
    const said = `HTTP ${answer.status}`;
    if (answer.status >= 200 && answer.status < 300) return { verdict: 'accepted', answer: said };
    if (answer.status === 401 || answer.status === 403) return { verdict: 'refused', answer: said };
    throw statusError(
      peer,
      answer,
      'the accepter must answer 2xx for a value that it takes and 401 or 403 for another',
    );
  });
}

const smokeTestMs = 10_000;

/**
 * One entry of the catalog's `smokeTests`, `{http: ...}`.
 * @throws KeyturnError `invalid` when the answer is another than expected; `transient`, `rate-limited` when there was none.
 */
export async function runSmokeTest(ctx: Context, test: unknown, value: Secret): Promise<void> {
  const parsed = smokeTestSchema.safeParse(test);
  if (!parsed.success) {
    throw new KeyturnError('invalid', 'a smoke test of this provider is {http: {url, header, prefix, expect}}');
  }
  const { http } = parsed.data;
  const { host, pathname } = new URL(http.url);
  const peer = `the smoke test at ${host}${pathname}`;
  const headers = { [http.header]: http.prefix + value.reveal() };
  const request = { peer, url: http.url, method: 'GET', headers, timeoutMs: smokeTestMs };
  return exchange(ctx, request, async (answer) => {
    const { status } = answer;
    if (http.expect === undefined ? status >= 200 && status < 300 : status === http.expect) return;
    const kind = kindOfStatus(status);
    if (kind === 'transient' || kind === 'rate-limited') throw statusError(peer, answer);
    throw new KeyturnError('invalid', `${peer} answered HTTP ${status}, expected ${http.expect ?? '2xx'}`);
  });
}
