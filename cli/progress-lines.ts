import type { Retrying } from '../client/pending.ts';
import type { Progress, StepProgress, Wait } from '../contract/index.ts';
import type { Style } from './output.ts';
import { between, moment } from './words.ts';

export type Paint = (style: Style, text: string) => string;

const marks: Readonly<Record<StepProgress['status'], { mark: string; style: Style }>> = {
  running: { mark: '…', style: 'dim' },
  done: { mark: '✓', style: 'green' },
  skipped: { mark: '-', style: 'dim' },
  failed: { mark: '✗', style: 'red' },
  undoing: { mark: '↩', style: 'yellow' },
  undone: { mark: '↩', style: 'yellow' },
};

/** What has changed since `before`, one line for each change. */
export function changedLines(before: Progress | undefined, now: Progress, paint: Paint): string[] {
  const known = before?.rotation === now.rotation ? before : undefined;
  return [...changedSteps(known, now, paint), ...changedWaits(known, now, paint)];
}

function changedSteps(before: Progress | undefined, now: Progress, paint: Paint): string[] {
  return now.steps
    .filter(({ name, status }) => before?.steps.find((step) => step.name === name)?.status !== status)
    .filter(({ status }) => status !== 'skipped')
    .map((step) => stepLine(step, paint));
}

/** `✓ create   1.2s`, or `✗ write   30s  the reason`. */
export function stepLine({ endedAt, name, note, startedAt, status }: StepProgress, paint: Paint): string {
  const { mark, style } = marks[status];
  const over = status !== 'running' && status !== 'undoing' && endedAt !== undefined;
  const time = over ? between(startedAt, endedAt) : status;
  const word = status === 'failed' || status === 'undone' ? `  ${status}` : '';
  return `${paint(style, mark)} ${name.padEnd(10)} ${time}${word}${note === undefined ? '' : `  ${note}`}`;
}

function changedWaits(before: Progress | undefined, now: Progress, paint: Paint): string[] {
  const shown = (wait: Wait) =>
    before?.waits.some(({ detail, late, name }) => name === wait.name && detail === wait.detail && late === wait.late);
  return now.waits.filter((wait) => !shown(wait)).map((wait) => `  ${waitLine(wait, paint)}`);
}

/** `attempt` counts from 1. */
export function retryLine({ activity, attempt, message }: Retrying): string {
  return `tries ${activity} again (attempt ${attempt}): ${message}`;
}

export function waitLine({ detail, late, name, since, until }: Wait, paint: Paint): string {
  const ends = until === undefined ? '' : `, until ${moment(until)}`;
  const mark = late ? paint('yellow', `LATE, since ${moment(since)}: `) : '';
  return `${mark}waits (${name}): ${detail}${ends}`;
}
