import type { core } from 'zod';
import { looksSecret } from './secrets.ts';

/** What a value is, never which. */
export function kindWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === '') return 'an empty string';
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

/** A field's name in quotes; not if it looks like a secret. */
export function quoted(name: string): string {
  return looksSecret(name) ? 'whose name is not shown' : JSON.stringify(name.slice(0, 80));
}

export function listed(words: readonly string[], conjunction: 'or' | 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}

const types: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'an empty value',
};

const formats: Readonly<Record<string, string>> = {
  url: 'a URL',
  email: 'an e-mail address',
  datetime: 'a date and time',
};

/** What an issue asks for, in words: a connector's own where it gives some. Unions are not its business. */
export function expectedWords(issue: core.$ZodIssue): string {
  if (!/^(Invalid|Too (small|big)|Unrecognized)/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return types[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return listed(issue.values.map(valueWords), 'or');
    case 'too_small':
      return amount('at least', issue.minimum, issue.origin, issue.inclusive);
    case 'too_big':
      return amount('at most', issue.maximum, issue.origin, issue.inclusive);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return formats[issue.format] ?? 'text of another form';
    case 'invalid_key':
      return issue.issues[0] ? expectedWords(issue.issues[0]) : 'another name';
    default:
      return 'another value';
  }
}

function valueWords(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function amount(words: string, limit: number | bigint, origin: string, inclusive = true): string {
  const unit = origin === 'string' ? ' characters' : origin === 'array' || origin === 'set' ? ' entries' : '';
  if (inclusive) return `${words} ${limit}${limit === 1 ? unit.replace(/ies$/, 'y').replace(/s$/, '') : unit}`;
  return `${words === 'at least' ? 'more' : 'less'} than ${limit}${unit}`;
}
