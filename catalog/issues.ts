import type { core, ZodType } from 'zod';
import { nearest } from '../connectors/load.ts';
import { durationSchema, secretRefSchema } from '../contract/index.ts';
import type { Plain } from './plain.ts';
import type { Finding, Path } from './problem.ts';
import { expectedWords, kindWords, listed, quoted } from './words.ts';
import { knownFields, schemasAt } from './zod-walk.ts';

type Issue = core.$ZodIssue;

/** What was parsed: the schema, what stood in the file, and where. */
export interface Parsed {
  schema: ZodType;
  data: unknown;
  path: Path;
  /** Fields beside those of the schema that may stand here. */
  besides?: readonly string[];
}

export const hidden = 'a string that is not shown';
export const referenceFix =
  'put the secret where the worker can read it (an environment variable, a file, a vault) and refer to it here';

const [referenceIssue] = secretRefSchema.safeParse(0).error?.issues ?? [];
const reference = referenceIssue?.message ?? 'a reference';
const duration = 'a duration such as 30s, 10m, 1h or 7d';

/** Puts zod's issues into words and places. A misspelt field is reported once, not also as a missing one. */
export function findingsOf(parsed: Parsed, issues: readonly Issue[]): Finding[] {
  const meant = new Set<string>();
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? unknownFields(parsed, issue.path, issue.keys, meant) : [],
  );
  const others = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return [];
    return meant.has(JSON.stringify(issue.path)) ? [] : findingOf(parsed, issue);
  });
  return [...unknown, ...others];
}

function findingOf(parsed: Parsed, issue: Issue): Finding[] {
  const value = valueAt(parsed.data, issue.path);
  const schemas = schemasAt(parsed.schema, pathOf(issue.path));
  if (isReference(schemas, issue) && !isMapping(value)) {
    const found = typeof value === 'string' ? hidden : kindWords(value);
    return [{ ...base(parsed, issue.path), found, expected: reference, fix: referenceFix }];
  }
  if (issue.code !== 'custom' && isDuration(schemas)) {
    const where = base(parsed, issue.path);
    if (value === undefined) return [missing(where, issue.path.at(-1), duration)];
    return [{ ...where, found: kindWords(value), expected: duration }];
  }
  if (issue.code === 'invalid_union') return unionFindings(parsed, issue, value);
  if (issue.code === 'invalid_key') {
    return [{ ...base(parsed, issue.path), at: 'key', found: 'a field name', expected: expectedWords(issue) }];
  }
  return [plainFinding(parsed, issue, value)];
}

function plainFinding(parsed: Parsed, issue: Issue, value: unknown): Finding {
  const where = base(parsed, issue.path);
  const expected = withoutValue(expectedWords(issue), value);
  if (value === undefined && issue.code !== 'custom') return missing(where, issue.path.at(-1), expected);
  const near = issue.code === 'invalid_value' ? nearWord(value, issue.values) : undefined;
  const found = near === undefined ? amountWords(issue, value) : JSON.stringify(value);
  return { ...where, found, expected, ...(near !== undefined && { fix: `did you mean "${near}"?` }) };
}

function missing(where: Pick<Finding, 'path' | 'at'>, field: PropertyKey | undefined, expected: string): Finding {
  const says = `the field ${JSON.stringify(field)} is missing, expected ${expected}`;
  return { ...where, says, found: 'nothing', expected };
}

function amountWords(issue: Issue, value: unknown): string {
  const counted = issue.code === 'too_small' || issue.code === 'too_big';
  return counted && typeof value === 'number' ? String(value) : kindWords(value);
}

/** A value is only repeated where it is so near to a known word that it cannot be a secret. */
function nearWord(value: unknown, words: readonly unknown[]): string | undefined {
  return typeof value === 'string'
    ? nearest(
        value,
        words.filter((word) => typeof word === 'string'),
      )
    : undefined;
}

const shortestSecret = 8;

/** A connector's message may quote what it refuses. */
function withoutValue(message: string, value: unknown): string {
  const quotes = typeof value === 'string' && value.length >= shortestSecret && message.includes(value);
  return quotes ? 'another value' : message;
}

function unknownFields(parsed: Parsed, at: PropertyKey[], keys: readonly string[], meant: Set<string>): Finding[] {
  const fields = fieldsAt(parsed, at);
  const free = fields.filter((field) => valueAt(parsed.data, [...at, field]) === undefined);
  return keys.map((key) => {
    const near = nearest(key, free);
    if (near !== undefined) meant.add(JSON.stringify([...at, near]));
    const expected = fields.length === 0 ? 'no field' : `one of ${fields.join(', ')}`;
    const fix = near === undefined ? `known: ${fields.join(', ') || 'none'}` : `did you mean "${near}"?`;
    const says = `unknown field ${quoted(key)}`;
    return { ...base(parsed, [...at, key]), at: 'key' as const, says, found: says, expected, fix };
  });
}

function fieldsAt(parsed: Parsed, at: PropertyKey[]): string[] {
  const besides = at.length === 0 ? (parsed.besides ?? []) : [];
  return [...new Set([...besides, ...knownFields(parsed.schema, pathOf(at))])];
}

function unionFindings(parsed: Parsed, issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): Finding[] {
  const whole = () => [wholeUnion(parsed, issue, value)];
  if (!isMapping(value)) return whole();
  const branches = issue.errors.filter((branch) => branch.every((inner) => inner.path.length > 0 || isUnknown(inner)));
  const least = Math.min(...branches.map((branch) => branch.length));
  const best = branches.filter((branch) => branch.length === least);
  const inner = best[0]?.map((found) => ({ ...found, path: [...issue.path, ...found.path] }) as Issue);
  if (!inner) return whole();
  const fields = fieldsAt(parsed, issue.path);
  const strangers = inner.filter(isUnknown).flatMap(({ keys }) => keys);
  if (strangers.some((key) => fields.includes(key))) return whole();
  if (best.length === 1) return findingsOf(parsed, inner);
  return strangers.some((key) => nearest(key, fields)) ? findingsOf(parsed, inner.filter(isUnknown)) : whole();
}

function isUnknown(issue: Issue): issue is core.$ZodIssueUnrecognizedKeys {
  return issue.code === 'unrecognized_keys';
}

function wholeUnion(parsed: Parsed, issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): Finding {
  const where = base(parsed, issue.path);
  const inner = issue.errors.flatMap((branch) => branch.filter(({ path }) => path.length === 0));
  const alternatives = [...new Set(inner.filter((found) => !isUnknown(found)).map(expectedWords))];
  const fields = fieldsAt(parsed, issue.path);
  const own = issue.message.startsWith('Invalid') ? undefined : issue.message;
  const inMapping = isMapping(value) ? `one of the fields ${fields.join(', ')}` : listed(alternatives, 'or');
  const expected = own ?? (inMapping || 'another value');
  if (value === undefined) return missing(where, issue.path.at(-1), expected);
  const near = nearWord(
    value,
    inner.flatMap((found) => (found.code === 'invalid_value' ? found.values : [])),
  );
  if (near === undefined) return { ...where, found: kindWords(value), expected };
  return { ...where, found: JSON.stringify(value), expected, fix: `did you mean "${near}"?` };
}

function isReference(schemas: readonly core.$ZodType[], issue: Issue): boolean {
  return schemas.includes(secretRefSchema) || issue.message === reference;
}

/** A refined copy of the schema still starts from the same alternatives. */
function isDuration(schemas: readonly core.$ZodType[]): boolean {
  return schemas.includes(durationSchema._zod.def.in);
}

function base(parsed: Parsed, path: readonly PropertyKey[]): Pick<Finding, 'path' | 'at'> {
  return { path: [...parsed.path, ...pathOf(path)], at: 'value' };
}

function pathOf(path: readonly PropertyKey[]): Path {
  return path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
}

export function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, segment) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    return (value as Record<PropertyKey, unknown>)[segment];
  }, data);
}

export function isMapping(value: unknown): value is Record<string, Plain> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
