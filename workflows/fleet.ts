import {
  type Credential,
  type Decision,
  type FleetInput,
  type FleetMemory,
  type FleetOutcome,
  fleetOfWorkflow,
  type Instant,
  KeyturnError,
  type Member,
  type MemberState,
  newsSchema,
  type Pace,
  type Reason,
  type Request,
  type Told,
} from '../contract/index.ts';
import type { Engine } from './engine.ts';

/** One credential of a fleet, and what is known of its rotation. */
export interface FleetMember extends Member {
  readonly declared: Credential;
  readonly paces: readonly string[];
  /** When its rotation was begun, by this fleet. */
  begunMs?: number;
  /** When it was last heard of. */
  heardMs?: number;
  /** How often it was looked after since. */
  looks?: number;
}

/** A fleet while it runs. */
export interface Fleet {
  readonly engine: Engine;
  readonly id: string;
  readonly input: FleetInput;
  /** With whom to tell: what every rotation is asked for. */
  readonly request: Request;
  readonly members: ReadonlyMap<string, FleetMember>;
  readonly paces: ReadonlyMap<string, Pace>;
  readonly begunAtMs: Map<string, number>;
  readonly startedAt: Instant;
  took: FleetMemory['took'];
  apart: FleetMemory['apart'];
  paused?: Told | undefined;
  cancelled?: Told;
  /** Too many had failed. */
  stoppedAt?: Instant;
  /** Counted, so that whoever waits sees that there is something new. */
  changes: number;
}

export function newFleet(engine: Engine, workflowId: string, input: FleetInput): Fleet {
  const { memory } = input;
  const startedAt = memory?.startedAt ?? instant(engine);
  const known = new Map(memory?.members.map((member) => [member.credential, member]));
  const members = input.members.map(({ credential, paces }): [string, FleetMember] => {
    const anew: Member = { credential: credential.id, state: 'waiting', since: startedAt };
    return [credential.id, { ...anew, ...known.get(credential.id), declared: credential, paces }];
  });
  return {
    engine,
    id: fleetOfWorkflow(workflowId),
    input,
    request: { ...input.request, tells: workflowId },
    members: new Map(members),
    paces: new Map(input.paces.map((pace) => [pace.name, pace])),
    begunAtMs: new Map(Object.entries(memory?.begunAtMs ?? {})),
    startedAt,
    took: memory?.took ?? { count: 0, sumMs: 0 },
    apart: memory?.apart ?? { count: 0, sumMs: 0 },
    ...(memory?.paused && { paused: memory.paused }),
    ...(memory?.cancelled && { cancelled: memory.cancelled }),
    ...(memory?.stoppedAt !== undefined && { stoppedAt: memory.stoppedAt }),
    changes: 0,
  };
}

/** What it needs to go on when it continues as new. */
export function memoryOf(fleet: Fleet): FleetMemory {
  const { apart, begunAtMs, cancelled, members, paused, startedAt, stoppedAt, took } = fleet;
  return {
    startedAt,
    members: [...members.values()].map(({ declared: _declared, paces: _paces, ...member }) => member),
    ...(paused && { paused }),
    ...(cancelled && { cancelled }),
    ...(stoppedAt !== undefined && { stoppedAt }),
    begunAtMs: Object.fromEntries(begunAtMs),
    took,
    apart,
  };
}

export function instant(engine: Engine): Instant {
  return new Date(engine.now()).toISOString();
}

export function inState({ members }: Fleet, ...states: readonly MemberState[]): FleetMember[] {
  return [...members.values()].filter(({ state }) => states.includes(state));
}

export function hasFailed({ outcome, state }: Member): boolean {
  return state === 'quarantined' || state === 'lost' || (state === 'ended' && outcome !== 'rotated');
}

export function isOpen({ state }: Member): boolean {
  return state === 'rotating' || state === 'refreshed' || state === 'quarantined';
}

/** What this fleet still has to hear of: who needs a person is not waited for. */
export function awaited(fleet: Fleet): FleetMember[] {
  return fleet.input.until === 'ended' ? inState(fleet, 'rotating', 'refreshed') : inState(fleet, 'rotating');
}

/** Of whom it matters whether they are still open. */
export function lookedAfter(fleet: Fleet): FleetMember[] {
  if (outcomeOf(fleet)) return awaited(fleet);
  const keepsPlace = ({ paces }: FleetMember) => paces.some((name) => fleet.paces.get(name)?.atOnce !== undefined);
  const kept = inState(fleet, 'refreshed', 'quarantined').filter(keepsPlace);
  return [...new Set([...awaited(fleet), ...kept])];
}

/** How it ends, or would end now; absent while it may begin something. */
export function outcomeOf(fleet: Fleet): FleetOutcome | undefined {
  if (inState(fleet, 'waiting').length === 0) return 'done';
  if (fleet.cancelled) return 'cancelled';
  return fleet.stoppedAt === undefined ? undefined : 'stopped';
}

/** Takes in what a rotation says of itself. @returns why it was left aside, if it was. */
export function hear(fleet: Fleet, news: unknown): string | undefined {
  const { data } = newsSchema.safeParse(news);
  if (!data) return 'news was left aside: it is not well formed';
  const { credential, outcome, reason, request, rotation, state } = data;
  const member = fleet.members.get(credential);
  if (!member || request !== fleet.request.id) return 'news was left aside: it is of nothing that this fleet has begun';
  member.heardMs = fleet.engine.now();
  if (member.state !== state) member.looks = 0;
  // How it ended for this request is final, whatever its credential does next.
  if (member.state === 'ended') return undefined;
  Object.assign(member, { rotation, outcome, reason: reason && shortened(reason) });
  become(fleet, member, state);
  return undefined;
}

/** Only now it is known to have begun; nothing else began meanwhile. */
export function hasBegun(fleet: Fleet, { paces }: FleetMember): void {
  const { apart, begunAtMs, engine } = fleet;
  const now = engine.now();
  for (const pace of paces) begunAtMs.set(pace, now);
  const first = apart.lastMs === undefined;
  fleet.apart = { count: apart.count + (first ? 0 : 1), sumMs: apart.sumMs + now - (apart.lastMs ?? now), lastMs: now };
}

const reasonLengthMost = 500;

/** It is remembered for each of many. */
function shortened({ message, ...rest }: Reason): Reason {
  return { ...rest, message: message.slice(0, reasonLengthMost) };
}

/** It is in this state from now on; what failed too often stops the fleet. */
export function become(fleet: Fleet, member: FleetMember, state: MemberState): void {
  const { engine, input, took } = fleet;
  if (member.state === 'rotating' && state !== 'rotating' && member.begunMs !== undefined) {
    fleet.took = { count: took.count + 1, sumMs: took.sumMs + engine.now() - member.begunMs };
  }
  if (member.state !== state) member.since = instant(engine);
  member.state = state;
  fleet.changes += 1;
  const failed = [...fleet.members.values()].filter(hasFailed).length;
  if (failed > input.mostFailures) fleet.stoppedAt ??= instant(engine);
}

/** What people say to a fleet: the validators only look and refuse. */

export function mayPause(fleet: Fleet): void {
  mayBegin(fleet);
  if (fleet.paused) refuse(`it is paused already, by ${fleet.paused.by}`);
}

export function mayResume(fleet: Fleet): void {
  mayBegin(fleet);
  if (!fleet.paused) refuse('it is not paused');
}

export function mayBegin(fleet: Fleet): void {
  const outcome = outcomeOf(fleet);
  const whys = {
    done: 'all of it has been begun',
    stopped: 'it has stopped, because more rotations failed than allowed',
    cancelled: `it is cancelled already, by ${fleet.cancelled?.by}`,
  };
  if (outcome) refuse(`${whys[outcome]}: what is open goes on, and nothing more is begun`);
}

export function pause(fleet: Fleet, decision: Decision): void {
  fleet.paused = told(fleet, decision);
}

export function resume(fleet: Fleet): void {
  fleet.paused = undefined;
  fleet.apart = { ...fleet.apart, lastMs: fleet.engine.now() };
  fleet.changes += 1;
}

export function cancel(fleet: Fleet, decision: Decision): void {
  fleet.cancelled ??= told(fleet, decision);
}

function told(fleet: Fleet, decision: Decision): Told {
  fleet.changes += 1;
  return { ...decision, at: instant(fleet.engine) };
}

function refuse(why: string): never {
  throw new KeyturnError('conflict', why);
}
