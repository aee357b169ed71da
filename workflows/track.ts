import type { Instant, Quarantine, StepProgress, StepStatus, Wait } from '../contract/index.ts';

/** What the rotation does and waits for, for those who look: the state behind the query `progress`. */
export interface Track {
  steps: StepProgress[];
  waits: Map<string, Wait>;
  quarantine?: Quarantine;
  /** What has been tried in vain, in order. */
  tried: string[];
}

export function newTrack(): Track {
  return { steps: [], waits: new Map(), tried: [] };
}

export function stepBegins(track: Track, name: string, at: Instant): void {
  const known = track.steps.find((step) => step.name === name);
  if (known) known.status = 'undoing';
  else track.steps.push({ name, status: 'running', startedAt: at });
}

export function stepEnds(track: Track, name: string, at: Instant, status: StepStatus, note?: string): void {
  let step = track.steps.find((each) => each.name === name);
  if (!step) {
    step = { name, status, startedAt: at };
    track.steps.push(step);
  }
  step.status = status;
  step.endedAt = at;
  if (note !== undefined) step.note = note;
}

/** Says something about the step that runs. */
export function note(track: Track, text: string): void {
  const open = track.steps.findLast((step) => step.status === 'running' || step.status === 'undoing');
  if (open) open.note = open.note === undefined ? text : `${open.note}; ${text}`;
}

export function phaseOf(track: Track): string {
  const open = track.steps.findLast((step) => step.status === 'running' || step.status === 'undoing');
  return open?.name ?? track.steps.at(-1)?.name ?? 'inspect';
}
