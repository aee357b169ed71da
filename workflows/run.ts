import type {
  Activities,
  Credential,
  Decision,
  DecisionEntry,
  Evidence,
  Instant,
  Job,
  Key,
  KeyId,
  ListedKey,
  Outcome,
  ProviderPowers,
  Reason,
  Request,
  RotationEnd,
  SealedKey,
  Target,
  TargetStanding,
  TestResult,
  VaultPowers,
  VersionId,
} from '../contract/index.ts';
import { KeyturnError, urgencies } from '../contract/index.ts';
import { isCompromised, isOvertaken } from './compromise.ts';
import type { Engine } from './engine.ts';
import type { Inbox } from './inbox.ts';
import { StartOver } from './saga.ts';
import type { Track } from './track.ts';

/** What a target served when the rotation began. */
export interface KnownGood {
  version: VersionId;
  keyId: KeyId;
}

/** What stood everywhere when the rotation began: the result of `inspect`. */
export interface Baseline {
  takenAt: Instant;
  powers: ProviderPowers;
  /** The primary target's key. */
  oldKey: Key;
  /** In place: what the provider holds, which is another where the targets' key is broken. */
  placed: Key;
  /** What goes when the new key is in use: the key that every target names, or, where they differ, those of ours. */
  going: readonly ListedKey[];
  /** What goes before the new key comes: left by earlier rotations, or named in the request. */
  leftovers: readonly ListedKey[];
  /** Targets in which an earlier rotation left a pending version. */
  leftPending: readonly TargetStanding[];
  keys: readonly ListedKey[];
  /** By target. */
  knownGood: ReadonlyMap<string, KnownGood>;
  vaults: ReadonlyMap<string, VaultPowers>;
  /** Targets whose known-good did not work when the rotation began; none, unless the request allowed it. */
  broken: ReadonlySet<string>;
  /** The new key, where a person made it. */
  handedIn?: SealedKey;
  /** Where people are to agree to it. */
  planHash?: string;
}

/** One rotation while it runs: what it knows, and the doors through which it acts. */
export interface Run {
  readonly engine: Engine;
  readonly job: Job;
  readonly credential: Credential;
  readonly inbox: Inbox;
  readonly track: Track;
  /** Of the plan that approvers agree to, and `--dry-run` shows. */
  hashesPlan: boolean;
  /** The requests that were there when it inspected: only their options count. */
  options: readonly Request[];
  /** It has touched something that it does not remember: it never ends as if it had not. */
  startedOver: boolean;
  rejectedBy?: string | undefined;
  /** A key goes that is not compromised: no deadline takes the place of evidence. */
  strict: boolean;
  /** Asked for a compromise, it found nothing that existed at its instant. */
  nothingLeaked: boolean;
  baseline?: Baseline;
  newKey?: SealedKey;
  /** By target: the version that holds the new key. */
  written: Map<string, VersionId>;
  /** By target: the version that this rotation last made current. */
  current: Map<string, VersionId>;
  /** A target may have served the new key as current: from now on it goes only with evidence. */
  served: boolean;
  /** In place: the known-good is at the provider again. */
  switchedBack: boolean;
  /** Values that were handed in and that a compromise has made useless: by the id that they came with. */
  leftAside: Set<string>;
  /** The key that was handed in last. */
  handedInKey?: KeyId;
  /** Keys that have to go, and that no provider lists: it knew of them when it set out before a compromise came. */
  unlisted: ListedKey[];
  /** Those who check the value have been told to take the new one too. */
  accepting: boolean;
  /** Those who use the value have been told of the new one. */
  told: boolean;
  /** When the last required consumer attested. */
  attestedAt?: Instant;
  /** Consumers that can be asked what they have loaded. */
  askable: Set<string>;
  /** By consumer and key: who waived it. */
  waived: Map<string, Decision>;
  /** What a person has said need not wait for an open window. */
  unbound: Set<string>;
  undoing: boolean;
  pastPivot: boolean;
  refreshedAt?: Instant;
  evidence: Evidence[];
  oldKeyRefused?: TestResult;
  gapMs?: number;
  /** Not yet audited. */
  decisions: DecisionEntry[];
  /** How many there have been. */
  decided: number;
  /** What people have been told of. */
  noticed: Set<string>;
  /** What those have been told whom requests name: by request, and the sending of it all. */
  news: { told: Map<string, string>; sent: Promise<unknown> };
  /** Messages to consumers that went out when a deadline had passed. */
  toldUnheard: Set<string>;
  startedAt: Instant;
  reason?: Reason;
  outcome?: Outcome;
  resolvedBy?: Decision;
  /** The key that was found in use everywhere when a person resolved. */
  foundKey?: KeyId;
  end?: RotationEnd;
}

/** Somebody asked to turn back. */
export class TurnBack extends Error {
  override readonly name = 'TurnBack';
}

export function instant(run: Run): Instant {
  return new Date(run.engine.now()).toISOString();
}

/** Activities of a step before the pivot: tried until the step's time is over. */
export function step(run: Run, summary: string): Activities {
  const { stepMs } = run.credential.limits;
  return call(run, summary, run.undoing || run.pastPivot ? run.credential.limits.settleMs : stepMs);
}

/** Looks around, which waits for what others have begun and not ended: longer than a step. */
export function looking(run: Run, summary: string): Activities {
  const { attemptMs, stepMs } = run.credential.limits;
  return call(run, summary, stepMs + 2 * attemptMs);
}

/** Proofs of refusal: tried until the key is refused, or the time for that is over. */
export function refusal(run: Run, summary: string): Activities {
  return call(run, summary, run.credential.limits.refusalMs);
}

/** Activities that may as well fail: one attempt, or what fits into its time. */
export function brief(run: Run, summary: string): Activities {
  return call(run, summary, run.credential.limits.attemptMs);
}

/** Activities that wait for something outside: tried until it is there. */
export function patient(run: Run, summary: string): Activities {
  return call(run, summary, undefined);
}

function call(run: Run, summary: string, totalMs: number | undefined): Activities {
  const { attemptMs, pollMs } = run.credential.limits;
  return run.engine.activities({
    summary,
    attemptMs,
    ...(totalMs === undefined ? {} : { totalMs }),
    retryMs: Math.min(1_000, pollMs),
    retryMsMax: Math.max(pollMs, 1_000),
  });
}

/**
 * @throws StartOver where a compromise has come; and where there still is a way back TurnBack if somebody asked for it, KeyturnError if
 * a consumer says that the new key fails.
 */
export function checkpoint(run: Run): void {
  if (isOvertaken(run)) throw new StartOver('a compromise has come');
  if (run.undoing || run.pastPivot) return;
  if (run.inbox.rollBack) throw new TurnBack(askedBack(run.inbox.rollBack));
  const failed = failedConsumer(run);
  if (failed !== undefined) throw new KeyturnError('invalid', `a consumer says that the new key fails: ${failed}`);
}

/** A consumer that says by itself that the new key fails for it, at any moment before the pivot. */
export function failedConsumer(run: Run): string | undefined {
  if (run.undoing || run.pastPivot || run.newKey === undefined || isCompromised(run)) return undefined;
  const { key } = run.newKey;
  const versions = new Set(run.written.values());
  const failed = run.inbox.attestations.find(
    (said) =>
      said.status === 'failed' &&
      run.credential.consumers.some(({ name, required }) => required && name === said.consumer) &&
      (said.keyId === key.id || (said.version !== undefined && versions.has(said.version))),
  );
  return failed && `${failed.consumer} ${failed.instance}${failed.reason === undefined ? '' : `: ${failed.reason}`}`;
}

function askedBack(asked: { by: string; reason?: string }): string {
  return `rolled back by ${asked.by}${asked.reason === undefined ? '' : `: ${asked.reason}`}`;
}

export function reasonOf(error: unknown): Reason {
  if (error instanceof KeyturnError) {
    return { kind: error.kind, message: error.message, ...(error.fix === undefined ? {} : { fix: error.fix }) };
  }
  if (error instanceof TurnBack) return { kind: 'asked', message: error.message };
  throw error;
}

export function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TypeError(`${what} is not known yet: a step ran out of order`);
  return value;
}

export const baselineOf = (run: Run): Baseline => known(run.baseline, 'the baseline');
export const newKeyOf = (run: Run): SealedKey => known(run.newKey, 'the new key');

export function knownGoodOf(run: Run, target: Target): KnownGood {
  return known(baselineOf(run).knownGood.get(target.name), `the known-good of ${target.name}`);
}

/** The key that a target serves, or is to serve. */
export type KeyOf = (target: string) => KeyId;

export function toNew(run: Run): KeyOf {
  const { key } = newKeyOf(run);
  return () => key.id;
}

export function toKnownGood(run: Run): KeyOf {
  const { knownGood } = baselineOf(run);
  return (target) => known(knownGood.get(target), `the known-good of ${target}`).keyId;
}

/** The request said to go on although this known-good does not work: to go back to it is to go back to that. */
export function mayBeRefused(run: Run, target: string, keyId: KeyId): boolean {
  const { broken, knownGood } = baselineOf(run);
  return broken.has(target) && knownGood.get(target)?.keyId === keyId;
}

export function stages(run: Run, target: Target): boolean {
  return known(baselineOf(run).vaults.get(target.name), `the vault of ${target.name}`).staging;
}

/** The primary last: while the others change, most consumers still read what they know. */
export function primaryLast(run: Run): Target[] {
  const [primary, ...others] = run.credential.targets;
  return [...others, known(primary, 'the primary target')];
}

export function isInPlace(run: Run): boolean {
  return run.baseline?.powers.order === 'in-place';
}

/** The highest that anybody has asked for. */
export function urgencyOf(run: Run): Request['urgency'] {
  const asked = new Set(run.inbox.requests.map(({ urgency }) => urgency));
  return urgencies.findLast((urgency) => asked.has(urgency)) ?? 'routine';
}

/** An urgent request waits for no grace, soak or window, also where it comes while they last. The evidence it cannot skip. */
export function hurried(run: Run): boolean {
  return urgencyOf(run) !== 'routine';
}
