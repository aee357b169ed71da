import { Readable } from 'node:stream';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import fc from 'fast-check';
import { vi } from 'vitest';
import { canary } from './canary.ts';
import { textMutated } from './mutations.ts';

export const account = '123456789012';
export const own = `arn:aws:iam::${account}:user/mailer`;

export interface Answer {
  status: number;
  body: string;
}
const nothing: Answer = { status: 200, body: '' };

/** From now on these are AWS's answers, one after the other; the SDK signs, sends and reads as ever, but no connection is made. */
export function serve(answers: readonly Answer[]): void {
  const left = [...answers];
  vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async () => {
    const { status, body } = left.shift() ?? nothing;
    const response = {
      statusCode: status,
      headers: { 'content-type': 'text/xml' },
      body: Readable.from([Buffer.from(body)]),
    };
    return { response } as never;
  });
}
export const wrap = (operation: string, inner: string) =>
  `<${operation}Response><${operation}Result>${inner}</${operation}Result></${operation}Response>`;
export const element = (name: string, text: string | undefined) =>
  text === undefined ? '' : `<${name}>${text}</${name}>`;

const pages = fc.constantFrom(
  '',
  '{}',
  'null',
  '<html>sign in</html>',
  '<a>',
  '<ErrorResponse/>',
  '<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>',
  `<x>${canary}</x>`,
);
const codes = [
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'AccessDenied',
  'Throttling',
  'NoSuchEntity',
  'LimitExceeded',
  'ExpiredToken',
  'RequestExpired',
  'Nonsense',
  '',
];
const said = fc.constantFrom(
  'no',
  `the secret was ${canary}`,
  `User: ${own} is not authorized`,
  'User: arn:aws:iam::999999999999:user/mailer is not authorized',
  'Signature expired: x is now earlier than y',
);
const refusals = fc
  .tuple(fc.constantFrom(...codes), said)
  .map(
    ([code, message]) =>
      `<ErrorResponse><Error><Type>Sender</Type>${element('Code', code)}${element('Message', message)}</Error></ErrorResponse>`,
  );
const statuses = fc.constantFrom(200, 200, 200, 400, 403, 404, 409, 429, 500, 503, 302);

export const times = fc.constantFrom(
  undefined,
  '2026-01-01T00:00:00Z',
  '2001-01-01T00:00:00Z',
  '9'.repeat(40),
  'yesterday',
  '',
  '-1',
  '+275760-09-13T00:00:00Z',
  '2026-13-45T00:00:00Z',
);
export const texts = fc.constantFrom(
  undefined,
  '',
  'AKIAMAILER0000000001',
  'AKIAMAILER0000000002',
  '__proto__',
  ' ',
  '<b/>',
  '&amp;',
  '&bogus;',
);
const listed = fc
  .record({
    AccessKeyId: texts,
    Status: fc.constantFrom(undefined, 'Active', 'Inactive', 'active', ''),
    CreateDate: times,
  })
  .map(
    (key) =>
      `<member>${Object.entries(key)
        .map(([name, text]) => element(name, text))
        .join('')}</member>`,
  );
export const lists = fc
  .tuple(fc.array(listed, { maxLength: 3 }), fc.constantFrom('false', 'true', 'maybe', ''))
  .map(([members, isMore]) =>
    wrap(
      'ListAccessKeys',
      `${element('AccessKeyMetadata', members.join(''))}${element('IsTruncated', isMore)}<Marker>m</Marker>`,
    ),
  );
export const uses = fc.record({ LastUsedDate: times, ServiceName: texts, Region: texts }).map((use) =>
  wrap(
    'GetAccessKeyLastUsed',
    element(
      'AccessKeyLastUsed',
      Object.entries(use)
        .map(([name, text]) => element(name, text))
        .join(''),
    ),
  ),
);
const hurt = (good: fc.Arbitrary<string>) =>
  good.chain((text) => textMutated(text, fc.constantFrom('<', '>', '&', '</', ']]>', '<!--', '\u0000', 'x')));
export const answersOf = (good: fc.Arbitrary<string>) =>
  fc.record({ status: statuses, body: fc.oneof(good, good, hurt(good), refusals, pages) });
