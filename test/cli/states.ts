import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as rotations from '../../client/rotations.ts';
import type { Progress } from '../../contract/index.ts';
import type { VaultPlace } from '../e2e/support/vault-places.ts';
import { waitsFor } from '../support/consumers.ts';

/** The verbs by which something is said to an open rotation, and refused where it cannot be. */
export const decisions = ['approve', 'reject', 'proceed', 'rollback', 'retry', 'resolve'] as const;
export type Decision = (typeof decisions)[number];
/** What consumes a state: each has a rotation of its own. */
export type Act = Decision | 'compromised';

/** A rotation that a test has brought into a state. */
export interface Standing {
  id: string;
  handle: ReturnType<typeof rotations.rotationOf>;
  place: VaultPlace & { secret: string };
  home: string;
  until(test: (now: Progress) => boolean): Promise<Progress>;
}

export interface State {
  /** What its credential declares beside what all of them do. */
  declares: object;
  /** The provider has to be one that disables keys. */
  soaks?: true;
  /** From the start of the rotation to the state. */
  reach(standing: Standing): Promise<unknown>;
  /** Of the messages that it takes, what comes of each. */
  acts: Partial<Record<Act, (now: Progress) => boolean>>;
  /** What has to be done by hand when it has been said, or before. */
  helps?: Partial<
    Record<Act, { before?(standing: Standing): Promise<unknown>; after?(standing: Standing): Promise<unknown> }>
  >;
  /** Why each other one is refused. */
  refuses: Partial<Record<Decision, string>>;
  /** With which `rotate` leaves off watching when it has joined. */
  joined: number;
}

const ends = (outcome: string) => (now: Progress) => now.end?.outcome === outcome;
const consumer = (more: object) => ({ consumers: [{ type: 'pull', name: 'app', ...more }] });
const aside = consumer({ required: false });
const hour = { grace: '1h' };

const notWanted = 'not waiting for an approval: it is in the step';
const notQuarantined = { retry: 'not quarantined: there is nothing to try again', resolve: 'nothing to resolve' };
const open = { approve: notWanted, reject: notWanted, ...notQuarantined };
const nothingToSkip = 'nothing is waiting that could be skipped or waived';
const tooLate = 'it is too late: the old key is being deleted or is gone';

/** Open only on a day that is neither today nor tomorrow. */
function closedNow(): object {
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
  return { days: [days[(new Date().getUTCDay() + 3) % 7]], from: '10:00', to: '15:00' };
}
export const every = '3000d';

const says = ({ handle }: Standing, status: 'loaded' | 'dropped', keyId: string | undefined) =>
  rotations.attest(handle, { consumer: 'app', instance: 'one', keyId, status });

async function pastThePivot(standing: Standing): Promise<Progress> {
  const { newKey } = await standing.until(waitsFor('consumer app'));
  await says(standing, 'loaded', newKey);
  return standing.until((now) => now.pastPivot && waitsFor('consumer app')(now));
}

const fileOf = ({ home, place }: Standing) => join(home, 'vault', `${place.secret}.vault.json`);
const intact = new Map<string, string>();
const mend = async (standing: Standing) => writeFile(fileOf(standing), intact.get(standing.id) ?? '');
const restore = ({ place }: Standing) => place.overwrite('the-known-good-value');
const drop = async (standing: Standing) => says(standing, 'dropped', (await standing.until(() => true)).oldKey);
const approvedAnew = async ({ handle, until }: Standing) => {
  const { planHash = '' } = await until((now) => now.urgency === 'compromised' && waitsFor('approval')(now));
  await rotations.approve(handle, { by: 'grace', planHash });
};

/** Every state in which an open rotation can be met. */
export const states: Readonly<Record<string, State>> = {
  'waiting for an approval': {
    declares: { ...aside, approval: { within: '1h' }, grace: 0 },
    reach: ({ until }) => until(waitsFor('approval')),
    acts: {
      approve: ends('rotated'),
      reject: ends('unchanged'),
      rollback: ends('unchanged'),
      compromised: ends('rotated'),
    },
    helps: { compromised: { after: approvedAnew } },
    refuses: { proceed: nothingToSkip, ...notQuarantined },
    joined: 6,
  },
  'waiting for the window': {
    declares: { ...aside, schedule: { every, window: closedNow() } },
    reach: ({ until }) => until(waitsFor('window')),
    acts: {
      proceed: (now) => now.refreshedAt !== undefined,
      rollback: ends('unchanged'),
      compromised: ends('rotated'),
    },
    refuses: open,
    joined: 6,
  },
  'waiting for a laggard': {
    declares: consumer({}),
    reach: ({ until }) => until(waitsFor('consumer app')),
    acts: {
      proceed: (now) => now.refreshedAt !== undefined,
      rollback: (now) => now.state === 'undoing',
      compromised: ends('rotated'),
    },
    refuses: open,
    joined: 6,
  },
  'in the grace': {
    declares: { ...aside, ...hour },
    reach: ({ until }) => until(waitsFor('grace')),
    acts: { proceed: ends('rotated'), rollback: ends('restored'), compromised: ends('rotated') },
    refuses: open,
    joined: 0,
  },
  'in the soak': {
    declares: { ...aside, grace: 0, soak: '1h' },
    soaks: true,
    reach: ({ until }) => until(waitsFor('soak')),
    acts: { proceed: ends('rotated'), rollback: ends('restored'), compromised: ends('rotated') },
    refuses: open,
    joined: 0,
  },
  'past the pivot': {
    declares: { ...consumer({ role: 'accepts' }), grace: 0 },
    reach: pastThePivot,
    acts: { proceed: ends('rotated'), compromised: ends('rotated') },
    helps: { compromised: { after: drop } },
    refuses: { ...open, rollback: tooLate },
    joined: 0,
  },
  'quarantined before the pivot': {
    declares: { ...aside, ...hour },
    async reach({ handle, place, until }) {
      await until(waitsFor('grace'));
      await place.overwrite('what somebody else put there');
      await rotations.rollBack(handle, { by: 'eve' });
      await until(({ state }) => state === 'quarantined');
    },
    acts: {
      retry: ends('restored'),
      resolve: ends('restored'),
      rollback: ends('restored'),
      compromised: ends('rotated'),
    },
    helps: { retry: { before: restore }, resolve: { before: restore }, rollback: { before: restore } },
    refuses: { approve: notWanted, reject: notWanted, proceed: nothingToSkip },
    joined: 5,
  },
  'quarantined after the pivot': {
    declares: { ...consumer({ role: 'accepts' }), grace: 0 },
    async reach(standing) {
      const { oldKey } = await pastThePivot(standing);
      intact.set(standing.id, await readFile(fileOf(standing), 'utf8'));
      await writeFile(fileOf(standing), 'no vault file');
      await says(standing, 'dropped', oldKey);
      await standing.until(({ state }) => state === 'quarantined');
    },
    acts: { retry: ends('rotated'), resolve: ends('rotated'), compromised: ends('rotated') },
    helps: { retry: { before: mend }, resolve: { before: mend }, compromised: { before: mend } },
    refuses: { approve: notWanted, reject: notWanted, proceed: nothingToSkip, rollback: tooLate },
    joined: 5,
  },
};
