import type { Credential, Decision, Fate, Progress, Request, RotationEnd } from '../contract/index.ts';
import { isCompromise, isCompromised, isForwardOnly, isOvertaken } from './compromise.ts';
import type { Engine } from './engine.ts';
import { addRequest, forgetAttested, newInbox } from './inbox.ts';
import { repeatNews, tellEnd, tellNews } from './news.ts';
import { tellPeople } from './notices.ts';
import { quarantine } from './quarantine.ts';
import { checkpoint, instant, known, type Run, reasonOf, urgencyOf } from './run.ts';
import { close, type Hooks, runSaga, type SagaEnd } from './saga.ts';
import { table } from './steps.ts';
import { newTrack, phaseOf, stepBegins, stepEnds } from './track.ts';
import { rest } from './waiting.ts';

export function newRun(engine: Engine, credential: Credential, rotation: string, requests: readonly Request[]): Run {
  return {
    engine,
    credential,
    job: { rotation, credential },
    inbox: newInbox(requests),
    track: newTrack(),
    startedAt: new Date(engine.now()).toISOString(),
    ...nothingDone(),
    hashesPlan: true,
    startedOver: false,
    strict: false,
    pastPivot: false,
    evidence: [],
    decisions: [],
    decided: 0,
    noticed: new Set(),
    toldUnheard: new Set(),
    leftAside: new Set(),
    unlisted: [],
    news: { told: new Map(), sent: Promise.resolve() },
  };
}

/** What a rotation knows when it sets out, and when it starts over. */
function nothingDone() {
  return {
    options: [],
    nothingLeaked: false,
    rejectedBy: undefined,
    baseline: undefined,
    newKey: undefined,
    written: new Map<string, string>(),
    current: new Map<string, string>(),
    served: false,
    switchedBack: false,
    accepting: false,
    told: false,
    attestedAt: undefined,
    refreshedAt: undefined,
    askable: new Set<string>(),
    waived: new Map<string, Decision>(),
    unbound: new Set<string>(),
    undoing: false,
    reason: undefined,
  };
}

/** Takes a request on, and writes down who asked for what. */
export function takeOn(run: Run, request: Request): void {
  if (!addRequest(run.inbox, request)) {
    repeatNews(run, request);
    return;
  }
  const { at, by, from, id, ...detail } = request;
  const who = { by, ...(from !== undefined && { from }) };
  run.decisions.push({ at, kind: 'request', id: `request/${id}`, verb: 'request', ...who, detail });
  // Past the pivot it can only help by going on.
  if (isCompromise(request) && run.track.quarantine && run.pastPivot) run.inbox.retry = who;
  tellNews(run);
}

/** One rotation, to its end. @returns the requests that it could not satisfy: they go on in the next one. */
export async function rotate(run: Run): Promise<{ end: RotationEnd; carried: Request[] }> {
  // Before, each plan was hashed: an activity that hardly anybody needed.
  run.hashesPlan = !run.engine.patched('plan-hash-for-approvers') || run.credential.approval !== undefined;
  const hooks = hooksOf(run);
  let saga = await runSaga(table, run, hooks);
  while (saga.end === 'start over') {
    run.engine.log('starting over', { reason: 'a compromise' });
    run.track.tried.push('a compromise has come: it started over');
    run.track.steps = [];
    run.inbox.rollBack = undefined;
    leaveAside(run);
    Object.assign(run, nothingDone());
    run.startedOver = true;
    saga = await runSaga(table, run, hooks);
  }
  // A person's `resolve` has said what it ends as.
  run.outcome ??= outcomeOf(saga);
  await close(table, run, hooks);
  const end = known(run.end, 'the end');
  run.engine.searchable({ phase: 'ended', outcome: end.outcome });
  show(run);
  if (isCompromised(run)) await tellPeopleOfEnd(run, end);
  const carried = run.inbox.requests.filter((request) => fateOf(run, request) === 'carried');
  await tellEnd(run, carried);
  return { end, carried };
}

/** What was handed in before is known to others. Keys that are made by hand are in no list but this rotation's own. */
function leaveAside({ baseline, handedInKey, inbox, leftAside, unlisted }: Run): void {
  if (inbox.handedIn) leftAside.add(inbox.handedIn.id);
  inbox.handedIn = undefined;
  if (!baseline?.powers.byHand) return;
  unlisted.push(
    ...baseline.going,
    ...(handedInKey === undefined ? [] : [{ id: handedInKey, state: 'active' as const }]),
  );
}

function tellPeopleOfEnd(run: Run, { endedAt, outcome, reason, startedAt }: RotationEnd): Promise<void> {
  const { id } = run.credential;
  const tookS = Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1_000);
  const why = reason === undefined ? '' : `: ${reason.message}`;
  const text = `${id}, which was compromised, ended ${outcome} after ${tookS} s${why}`;
  return tellPeople(run, 'end', { kind: 'compromise ended', text, todo: [`keyturn status ${id}`] });
}

function outcomeOf(saga: SagaEnd): RotationEnd['outcome'] {
  if (saga.end !== 'failed') return 'rotated';
  return saga.touched ? 'restored' : 'unchanged';
}

/** A request that came when the rotation had already made its choices may want more than this rotation can give. */
export function fateOf(run: Run, request: Request): Fate {
  const { end, options } = run;
  if (!end) return 'joined';
  const early = options.some((known) => known.id === request.id);
  if (isCompromise(request) && !early) return 'carried';
  if (run.nothingLeaked) return 'served';
  if (run.leftAside.has(request.id)) return 'not-served';
  if (end.outcome === 'rotated') return early || request.replace === undefined ? 'served' : 'carried';
  return early ? 'not-served' : 'carried';
}

function hooksOf(run: Run): Hooks<Run> {
  const { track } = run;
  return {
    entered(step, during) {
      if (during === 'undo') run.undoing = true;
      stepBegins(track, step.name, instant(run));
      show(run);
    },
    left(step, how, error) {
      stepEnds(track, step.name, instant(run), how, error === undefined ? undefined : reasonOf(error).message);
      show(run);
    },
    checkpoint: () => checkpoint(run),
    forwardOnly: () => isForwardOnly(run),
    pivotArmed() {
      run.pastPivot = true;
    },
    async turnedBack(error, touched) {
      run.undoing = true;
      run.reason = reasonOf(error);
      track.tried.push(`${phaseOf(track)}: ${run.reason.message}`);
      run.engine.log('turning back', { reason: run.reason.message });
      // Who had the known-good before may have taken up the new key since.
      for (const knownGood of run.baseline?.knownGood.values() ?? []) forgetAttested(run.inbox, knownGood);
      if (touched && run.reason.kind === 'transient') await lateAttempts(run);
    },
    goingBack: (undo) => unlessOvertaken(run, undo),
    quarantine: (step, during, error) => quarantine(run, step, during, error, () => show(run)),
  };
}

/** A call that got no answer may still happen: an undo before that would be undone by it. */
async function lateAttempts(run: Run): Promise<void> {
  const untilMs = run.engine.now() + run.credential.limits.attemptMs;
  const detail = 'until a late attempt would have happened';
  await rest(run, { name: 'late attempts', detail, untilMs, mustHold: true });
}

/** Going back is cut off where a compromise comes: what it would bring back is known to others. */
async function unlessOvertaken(run: Run, undo: () => Promise<void>): Promise<void> {
  checkpoint(run);
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  const { cancel, result } = run.engine.cancellable(undo);
  result.then(over, over);
  await run.engine.condition(() => isOver || isOvertaken(run));
  if (isOver) return result;
  cancel();
  await lateAttempts(run);
  checkpoint(run);
}

export function progressOf(run: Run): Progress {
  const { baseline, credential, end, newKey, refreshedAt, track } = run;
  return {
    rotation: run.job.rotation,
    credential: credential.id,
    state: end ? 'ended' : track.quarantine ? 'quarantined' : run.undoing ? 'undoing' : 'running',
    phase: phaseOf(track),
    startedAt: run.startedAt,
    urgency: urgencyOf(run),
    steps: track.steps,
    waits: [...track.waits.values()],
    targets: credential.targets.map((target) => targetProgress(run, target.name)),
    ...(baseline ? { oldKey: baseline.oldKey.id } : {}),
    ...(baseline?.planHash === undefined ? {} : { planHash: baseline.planHash }),
    ...(newKey ? { newKey: newKey.key.id } : {}),
    ...(refreshedAt ? { refreshedAt, retiresAt: retiresAt(run, refreshedAt) } : {}),
    pastPivot: run.pastPivot,
    requests: run.inbox.requests.map((request) => ({
      id: request.id,
      by: request.by,
      ...(request.from === undefined ? {} : { from: request.from }),
      urgency: request.urgency,
      fate: fateOf(run, request),
    })),
    ...(track.quarantine ? { quarantine: track.quarantine } : {}),
    ...(end ? { end } : {}),
  };
}

function retiresAt(run: Run, refreshedAt: string): string {
  const graceMs = urgencyOf(run) === 'routine' ? run.credential.graceMs : 0;
  return new Date(Date.parse(refreshedAt) + graceMs).toISOString();
}

function targetProgress(run: Run, name: string): Progress['targets'][number] {
  const knownGood = run.baseline?.knownGood.get(name);
  const version = run.current.get(name);
  const isNew = version !== undefined && version === run.written.get(name);
  const keyId = isNew ? run.newKey?.key.id : knownGood?.keyId;
  return {
    name,
    ...(knownGood ? { knownGood } : {}),
    ...(version !== undefined && keyId !== undefined ? { current: { version, keyId } } : {}),
  };
}

/** What a reader of the running workflow sees first, in Markdown. */
function show(run: Run): void {
  const { track, end, newKey, baseline } = run;
  const lines = [
    end ? `**${end.outcome}**${end.reason ? `: ${end.reason.message}` : ''}` : `**${phaseOf(track)}**`,
    ...track.steps.map((step) => `- ${step.name}: ${step.status}${step.note === undefined ? '' : ` (${step.note})`}`),
    ...(baseline ? [`- old key ${baseline.oldKey.id}`] : []),
    ...(newKey ? [`- new key ${newKey.key.id}`] : []),
    ...(track.quarantine ? ['', '**quarantined**', ...track.quarantine.todo.map((each) => `1. ${each}`)] : []),
  ];
  run.engine.describe(lines.join('\n'));
  tellNews(run);
}
