import { readShape } from '../../connectors/shapes/index.ts';
import { type KeyFields, KeyturnError, Secret, type Shape } from '../../contract/index.ts';

export const fields: KeyFields = { all: ['user', 'value'], main: 'value', user: 'user', password: 'value' };

/** As an operator has stored it, with other things beside it that are to stay. */
export function firstDocument(form: Shape, secret: string): string {
  if (form === 'raw') return secret;
  if (form === 'url') return `https://app:${encodeURIComponent(secret)}@host.example/path?kept=1`;
  return JSON.stringify({ auth: { token: secret }, kept: true });
}

export const jsonForm: Shape = { json: { 'auth.token': 'value' } };

/** @returns undefined for what has another form. */
export function secretIn(form: Shape, document: string): string | undefined {
  if (form === 'raw') return document;
  try {
    return readShape(form, new Secret(document), fields).value?.reveal();
  } catch (error) {
    if (error instanceof KeyturnError) return undefined;
    throw error;
  }
}
