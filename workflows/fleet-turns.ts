import type { Pace } from '../contract/index.ts';
import { type Fleet, type FleetMember, inState, isOpen, lookedAfter } from './fleet.ts';

/** Whose turn it is, and when there is something to do. */

const lookAfterMs = 5 * 60_000;
const lookAfterMsMost = 3_600_000;

/** The one to begin now; absent where none may be. */
export function nextTurn(fleet: Fleet): FleetMember | undefined {
  if (!hasRoom(fleet)) return undefined;
  const now = fleet.engine.now();
  return inState(fleet, 'waiting').find((member) => (freeFromMs(fleet, member) ?? Number.POSITIVE_INFINITY) <= now);
}

function hasRoom(fleet: Fleet): boolean {
  const { cancelled, input, paused, stoppedAt } = fleet;
  if (paused || cancelled || stoppedAt !== undefined) return false;
  return inState(fleet, 'rotating').length < input.atOnce;
}

/** When its calendar and its paces let it begin. @returns undefined where another one has to end first. */
function freeFromMs(fleet: Fleet, { closedUntil, paces }: FleetMember): number | undefined {
  const known = paces.map((name) => fleet.paces.get(name)).filter((pace) => pace !== undefined);
  if (known.some((pace) => isTaken(fleet, pace))) return undefined;
  const spaced = known.map(({ apartMs, name }) => (fleet.begunAtMs.get(name) ?? Number.NEGATIVE_INFINITY) + apartMs);
  return Math.max(0, closedUntil === undefined ? 0 : Date.parse(closedUntil), ...spaced);
}

function isTaken({ members }: Fleet, { atOnce, name }: Pace): boolean {
  if (atOnce === undefined) return false;
  return [...members.values()].filter((each) => isOpen(each) && each.paces.includes(name)).length >= atOnce;
}

/** The one that has been silent for too long. */
export function nextLook(fleet: Fleet): FleetMember | undefined {
  const now = fleet.engine.now();
  return lookedAfter(fleet).find((member) => lookAtMs(fleet, member) <= now);
}

function lookAtMs({ input }: Fleet, { heardMs = 0, looks = 0 }: FleetMember): number {
  const firstMs = input.lookAfterMs ?? lookAfterMs;
  return heardMs + Math.min(firstMs * 2 ** Math.min(looks, 20), Math.max(firstMs, lookAfterMsMost));
}

/** How long nothing has to be done unless something is heard; absent: for ever. */
export function idleMs(fleet: Fleet): number | undefined {
  const begins = hasRoom(fleet) ? inState(fleet, 'waiting').map((member) => freeFromMs(fleet, member)) : [];
  const looks = lookedAfter(fleet).map((member) => lookAtMs(fleet, member));
  const nextMs = Math.min(...[...begins, ...looks].filter((each) => each !== undefined));
  return Number.isFinite(nextMs) ? Math.max(1, nextMs - fleet.engine.now()) : undefined;
}
