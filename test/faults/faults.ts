import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEntry, ErrorKind } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';

/** A call into one of the systems that a rotation works with; the audit's by what it appends. */
export type Call =
  | 'inventory'
  | 'mint'
  | 'disable'
  | 'enable'
  | 'remove'
  | 'smokeTest'
  | 'write'
  | 'moveCurrent'
  | 'destroy'
  | `refresh ${string}`
  | `attested ${string}`
  | `append ${AuditEntry['kind']}`;

/** What becomes of one call; `act` is what it does when nothing is wrong. */
export type Fault = <T>(act: () => Promise<T>) => Promise<T>;

/** By call: what becomes of the first, the second, ...; those after that are well. A single fault: of every call. */
export type Faults = { [call in Call]?: Fault | Fault[] };

export const well: Fault = (act) => act();

export const loseReply: Fault = async (act) => {
  await act();
  throw new KeyturnError('transient', 'the reply was lost');
};

/** It is carried out, and the answer says something else. */
export const misreport = (kind: ErrorKind): Fault => {
  return async (act) => {
    await act();
    throw new KeyturnError(kind, 'an answer that nobody can make sense of');
  };
};

export const refuse = (kind: ErrorKind, message: string): Fault => {
  return async () => {
    throw new KeyturnError(kind, message);
  };
};

/** The first call acts so much later, whether or not anybody still waits for it; until it has, the system takes no other. */
export const late = (ms: number): Fault => {
  let first = true;
  let acted = false;
  return async (act) => {
    if (acted) return act();
    if (!first) throw new KeyturnError('transient', 'no connection');
    first = false;
    await sleep(ms);
    acted = true;
    return act();
  };
};

/** Something else happens first. */
export const meanwhile = (what: () => unknown, then: Fault = well): Fault => {
  return async (act) => {
    await what();
    return then(act);
  };
};
