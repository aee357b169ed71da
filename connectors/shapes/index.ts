import type { KeyFields, KeyValue, Secret, Shape } from '../../contract/index.ts';
import { jsonProblems, readJson, writeJson } from './json.ts';
import { readRaw, writeRaw } from './raw.ts';
import { readUrl, urlProblems, writeUrl } from './url.ts';

/**
 * Takes the key's fields out of what a target stores.
 * @returns the fields that the shape names: `main` for `raw`, `user` and `password` for `url`.
 * @throws KeyturnError `invalid` naming what was expected and where, never the text.
 */
export function readShape(shape: Shape, document: Secret, fields: KeyFields): KeyValue {
  if (shape === 'raw') return readRaw(document, fields);
  if (shape === 'url') return readUrl(document, fields);
  return readJson(shape, document, fields);
}

/**
 * Puts a key into the document that a target stores; all else stays byte for byte.
 * @param document what stands there now; undefined for a target that holds nothing yet (a `url` needs one).
 * @throws KeyturnError `invalid`.
 */
export function writeShape(shape: Shape, document: Secret | undefined, value: KeyValue, fields: KeyFields): Secret {
  if (shape === 'raw') return writeRaw(value, fields);
  if (shape === 'url') return writeUrl(document, value, fields);
  return writeJson(shape, document, value, fields);
}

/** What keeps this shape from holding a key with these fields, in words. Empty when it can. */
export function checkShape(shape: Shape, fields: KeyFields): string[] {
  if (shape === 'raw') return [];
  return shape === 'url' ? urlProblems(fields) : jsonProblems(shape, fields);
}
