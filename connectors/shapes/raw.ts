import type { KeyFields, KeyValue } from '../../contract/index.ts';
import { Secret } from '../../contract/index.ts';
import { fieldOf } from './field.ts';

export function readRaw(document: Secret, fields: KeyFields): KeyValue {
  return Object.fromEntries([[fields.main, document]]);
}

export function writeRaw(value: KeyValue, fields: KeyFields): Secret {
  return new Secret(fieldOf(value, fields.main));
}
