import fc from 'fast-check';
import { expect } from 'vitest';
import { readShape, writeShape } from '../../connectors/shapes/index.ts';
import type { KeyFields, KeyValue, Shape } from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';

export const login: KeyFields = { all: ['user', 'password'], main: 'password', user: 'user', password: 'password' };
export const json: Shape = { json: { 'db.login': 'user', 'db.password': 'password' } };

// fast-check prints the seed of a failure; KEYTURN_SEED repeats it.
export const seed = process.env.KEYTURN_SEED === undefined ? {} : { seed: Number(process.env.KEYTURN_SEED) };
export const check = <T>(property: fc.IRawProperty<T>) => fc.assert(property, { numRuns: 300, ...seed });

export function key(user: string, password: string): KeyValue {
  return { user: new Secret(user), password: new Secret(password) };
}
export function plain(value: KeyValue): Record<string, string> {
  return Object.fromEntries(Object.entries(value).map(([field, secret]) => [field, secret.reveal()]));
}
export function read(shape: Shape, text: string, fields = login): Record<string, string> {
  return plain(readShape(shape, new Secret(text), fields));
}
export function write(shape: Shape, text: string | undefined, value: KeyValue, fields = login): string {
  return writeShape(shape, text === undefined ? undefined : new Secret(text), value, fields).reveal();
}
export function problem(work: () => unknown): KeyturnError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(KeyturnError);
    return error as KeyturnError;
  }
  return expect.fail('it should have been refused');
}

export const wellFormed = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
