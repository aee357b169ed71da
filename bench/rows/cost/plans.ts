import type { Credential } from '../../../contract/index.ts';
import { nothingCredential, type Shape } from '../../nothing/credentials.ts';

/** How a credential is rotated: what it has, and what is waited for. Nothing is waited for but what a plan names. */
export interface Plan {
  name: string;
  make(folder: string, id: string): Credential;
}

const graceMs = 500;
const pollMs = 250;
/** A soak of a day is looked at every eighth of it; here what a look takes has to be little beside that, or there are fewer. */
const soakMs = 24_000;

const over = (shape: Shape) => (folder: string, id: string) => {
  const credential = nothingCredential(folder, id, shape);
  return { ...credential, limits: { ...credential.limits, pollMs } };
};

/** How often a soak of a day is looked at: `retire` says so. */
export const looksOfADay = 8;

const plan = (name: string, shape: Shape): Plan => ({ name, make: over(shape) });

/** Two logins that alternate, one target, one consumer: what the aim is for. */
export const routine = plan('routine', {});
/** As a catalog has it that says nothing of grace and soak. */
export const withWaits = plan('routine with grace and soak', { times: { graceMs, soakMs } });

export const plans: readonly Plan[] = [
  routine,
  withWaits,
  plan('routine with grace, no soak', { times: { graceMs } }),
  plan('routine without a consumer', { consumers: 0 }),
  plan('routine with five targets', { targets: 5 }),
  plan('routine with five targets, grace and soak', { targets: 5, times: { graceMs, soakMs } }),
  plan('a minted key', { kind: 'keys' }),
  plan('a minted key with grace and soak', { kind: 'keys', times: { graceMs, soakMs } }),
  plan('one login in place', { kind: 'in place' }),
];
