import type { Progress, Quarantine, Reason, RotationEnd } from '../contract/index.ts';
import { type ExitCode, exitCodeOfEnd, exitCodes } from './exit-codes.ts';
import type { Output } from './output.ts';
import type { Watched } from './watch.ts';
import { between, indent, moment } from './words.ts';

export interface Verdict {
  credential: string;
  joined: boolean;
  /** The request's id. */
  request: string;
  watched: Watched;
}

/** Says how it stands when the watching ends, to people and to programs. */
export function conclude(out: Output, verdict: Verdict): ExitCode {
  const { credential, watched } = verdict;
  const exitCode = exitCodeOf(watched);
  out.result(wordsOf(out, credential, watched));
  out.data({ ...dataOf(verdict), exitCode });
  return exitCode;
}

function exitCodeOf(watched: Watched): ExitCode {
  if (watched.because === 'ended') return exitCodeOfEnd(watched.end);
  if (watched.because === 'refreshed') return exitCodes.ok;
  return watched.because === 'quarantined' ? exitCodes.quarantined : exitCodes.waiting;
}

function wordsOf(out: Output, id: string, watched: Watched): string {
  if (watched.because === 'ended') return endWords(out, watched.end);
  const { progress } = watched;
  if (progress?.quarantine) return quarantineWords(out, id, progress.quarantine);
  const look = `Watch it with \`keyturn status ${id}\`.`;
  if (watched.because !== 'refreshed') {
    return `${out.paint('yellow', 'waiting')}: the rotation goes on without this command. ${look}`;
  }
  const retires = progress?.retiresAt === undefined ? '' : `, from ${moment(progress.retiresAt)} on at the earliest`;
  return `${out.paint('green', 'refreshed')}: ${progress?.newKey} is in use everywhere. The old key ${progress?.oldKey} goes when the evidence allows${retires}. ${look}`;
}

/** How a rotation ended, in words. */
export function endWords(out: Output, end: RotationEnd): string {
  const took = between(end.startedAt, end.endedAt);
  const by = end.resolvedBy === undefined ? '' : `, resolved by ${end.resolvedBy}`;
  const head = `${out.paint(end.outcome === 'rotated' ? 'green' : 'yellow', end.outcome)} in ${took}${by}`;
  const lines = [head];
  if (end.outcome === 'rotated') lines.push(`  ${end.newKey} replaces ${end.oldKey}`);
  if (end.oldKeyRefused) lines.push(`  the old key is refused${answerWords(end.oldKeyRefused.answer)}`);
  if (end.leftAtProvider) lines.push(`  left at the provider, for you to judge: ${end.leftAtProvider.join(', ')}`);
  if (end.gapMs !== undefined) lines.push(`  readers may have met a refused value for ${end.gapMs} ms`);
  if (end.reason) lines.push(...reasonWords(end.reason));
  if (end.audit) lines.push(`  audit head ${end.audit.seq}:${end.audit.hash}`);
  return lines.join('\n');
}

function answerWords(answer: string | undefined): string {
  return answer === undefined ? '' : ` (${answer})`;
}

function reasonWords({ fix, message }: Reason): string[] {
  return [`  because: ${message}`, ...(fix === undefined ? [] : [`  fix: ${fix}`])];
}

/** What stands where, and the to-do. */
export function quarantineWords(out: Output, id: string, quarantine: Quarantine): string {
  const { during, reason, standing, step, todo, tried } = quarantine;
  const list = (each: readonly string[]) => each.map((line) => indent(line, '    ')).join('\n');
  return [
    `${out.paint('red', 'quarantined')}: ${id} needs a person (${during === 'undo' ? 'undo of ' : ''}${step})`,
    ...reasonWords(reason),
    `  what stands:\n${list(standing)}`,
    `  what was tried:\n${list(tried)}`,
    `  to do:\n${list(todo.map((line, index) => `${index + 1}. ${line}`))}`,
  ].join('\n');
}

function dataOf({ credential, joined, request, watched }: Verdict): object {
  const end = watched.because === 'ended' ? watched.end : undefined;
  const from: Partial<Progress & RotationEnd> = { ...watched.progress, ...end };
  return {
    outcome: end?.outcome ?? null,
    state: end ? 'ended' : (watched.progress?.state ?? null),
    rotation: from.rotation ?? null,
    credential,
    oldKey: from.oldKey ?? null,
    newKey: from.newKey ?? null,
    refreshedAt: from.refreshedAt ?? null,
    retiresAt: from.retiresAt ?? null,
    joined,
    request,
    reason: end?.reason ?? watched.progress?.quarantine?.reason ?? null,
    todo: watched.progress?.quarantine?.todo ?? [],
    leftAtProvider: end?.leftAtProvider ?? [],
    audit: end?.audit ?? null,
  };
}
