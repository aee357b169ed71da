import fc from 'fast-check';
import { vi } from 'vitest';

/** What a server on HTTP says, as `fetch` gives it out; without a status the connection breaks. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

const statuses = fc.oneof(fc.constantFrom(200, 200, 200, 201, 202, 204, 206), fc.integer({ min: 200, max: 599 }));
const types = fc.constantFrom('application/json', 'text/html', 'image/png', 'application/json; charset=utf-16', '');
const delays = fc.oneof(
  fc.constantFrom(
    '0',
    '-1',
    '1e9',
    '99999999999999999999',
    'Wed, 21 Oct 2199 07:28:00 GMT',
    'Wed, nonsense',
    ' 7 ',
    'NaN',
  ),
  fc.nat().map(String),
);
const locations = fc.constantFrom('https://elsewhere.example/', '/', 'file:///etc/passwd', '');

/** @param told what a server that means ill, or logs all, has been told and may repeat. */
export function answers(bodies: fc.Arbitrary<string>, told: string): fc.Arbitrary<Answer> {
  const pages = fc.constantFrom(
    '',
    'ok',
    'null',
    'true',
    '[]',
    '{}',
    `<html>${told}</html>`,
    `{"error":"${told}"}`,
    told,
  );
  const texts = fc.oneof(bodies, bodies, pages, fc.string({ unit: 'binary' })).map((text) => Buffer.from(text));
  return fc.record({
    status: statuses,
    headers: fc.record({ 'content-type': types, 'retry-after': delays, location: locations }, { requiredKeys: [] }),
    body: fc.oneof<fc.Arbitrary<Uint8Array>[]>(texts, fc.uint8Array({ maxLength: 64 })),
  });
}

/** From now on this is what every server answers, without a connection. */
export function serve({ status, headers, body }: Answer): void {
  const isEmpty = [204, 205, 304].includes(status);
  vi.stubGlobal(
    'fetch',
    async () => new Response(isEmpty ? null : (body as Uint8Array<ArrayBuffer>), { status, headers }),
  );
}
