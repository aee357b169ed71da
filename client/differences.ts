import { isDeepStrictEqual } from 'node:util';
import { durationText } from '../contract/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Where two declarations differ, in words: `schedule.when: every 30d to every 7d`, `targets`. */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isFields(before) || !isFields(after)) return [changeWords(before, after, path)];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => differences(before[name], after[name], path === '' ? name : `${path}.${name}`));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function changeWords(before: unknown, after: unknown, path: string): string {
  if (before === undefined) return `${path} added`;
  if (after === undefined) return `${path} removed`;
  if (typeof before === 'object' || typeof after === 'object') return path;
  const isDuration = /Ms$/.test(path) && typeof before === 'number' && typeof after === 'number';
  if (!isDuration) return `${path}: ${before} to ${after}`;
  return `${path.replace(/Ms$/, '')}: ${durationText(before)} to ${durationText(after)}`;
}
