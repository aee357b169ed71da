import fc from 'fast-check';
import { Client } from 'pg';
import { expect } from 'vitest';
import { connector } from '../../connectors/audit/postgres/index.ts';
import { type Place, placeOf } from '../../connectors/audit/postgres/place.ts';
import { KeyturnError } from '../../contract/index.ts';
import { fuzz } from './support/fuzz.ts';

const secret = 'S3cretS3cret';
/** No variable and no file of this machine. */
const form = fc.constantFrom('//', 'postgres://', 'postgresql://', 'mysql://', '', '/', 'env:NO_', 'host=');
const piece = fc.oneof(
  fc.constantFrom(
    ...'/?#@:%&=[]. '.split(''),
    secret,
    'user',
    'host',
    '5432',
    'password=',
    'sslmode=require',
    '%2F',
    '::1',
  ),
  fc.string({ maxLength: 3 }),
);
const pieces = (maxLength: number) => fc.array(piece, { maxLength }).map((each) => each.join(''));
const anything = fc.tuple(form, pieces(12)).map((parts) => parts.join(''));
/** A URL as people write it, whose password may have anything in it. */
const withPassword = fc
  .tuple(pieces(3), fc.constantFrom('', '/audit', '/audit?sslmode=disable', ':6000/a', '?password=b'))
  .map(([more, rest]) => `//user:${secret}${more}@host${rest}`);
const location = fc.oneof(anything, withPassword);

async function placed(text: string): Promise<Place | KeyturnError> {
  try {
    return await placeOf(text);
  } catch (error) {
    if (error instanceof KeyturnError) return error;
    throw error;
  }
}

fuzz(
  'whatever is named as the place, an error is one of ours, and repeats no password',
  location,
  async (text) => {
    const found = await placed(text);
    if (found instanceof KeyturnError && connector.holdsSecret?.(text))
      expect(`${found.message} ${found.fix}`).not.toContain(secret);
  },
  0.5,
);

const times = (text: string) => text.split(secret).length - 1;

fuzz(
  'a password is not taken for the name of a server or a database, and no argument may hold it',
  location,
  async (text) => {
    const found = await placed(text);
    if (found instanceof KeyturnError || found.config.connectionString === undefined) return;
    const { password } = new Client(found.config);
    if (!password) return;
    expect(connector.holdsSecret?.(text), text).toBe(true);
    expect(times(found.name), text).toBeLessThanOrEqual(times(text) - times(password));
  },
  0.5,
);
