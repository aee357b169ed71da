import type {
  CredentialConsumer,
  KeyId,
  ListedKey,
  ProviderStanding,
  Request,
  TargetStanding,
} from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { compromisedAt, isLeaked } from './compromise.ts';

/** What may be done, from what was read. Pure; every refusal names what stands where and what to do about it. */

type Serving = TargetStanding & { current: Exclude<TargetStanding['current'], 'absent'> };

export function keysHeld(standings: readonly TargetStanding[]): KeyId[] {
  return [...new Set(standings.map((standing) => serving(standing).current.keyId))];
}

function serving(standing: TargetStanding): Serving {
  const { current, target } = standing;
  if (current === 'absent') {
    throw new KeyturnError('invalid', `target ${target} holds no value yet`, {
      fix: 'store the value that works today there first: a rotation never invents the known-good',
    });
  }
  if (current.keyId === 'unknown') {
    throw new KeyturnError('invalid', `target ${target} serves a value that is not one of this provider's keys`, {
      fix: "check the target's `value` shape and the provider's configuration",
    });
  }
  return { ...standing, current };
}

/** @throws KeyturnError `conflict` for targets that differ, `invalid` for a known-good that no longer works. */
export function judgeTargets(standings: readonly TargetStanding[], options: readonly Request[]): void {
  const servings = standings.map(serving);
  const keys = new Set(servings.map((each) => each.current.keyId));
  const isEmergency = compromisedAt(options) !== undefined;
  if (keys.size > 1 && !isEmergency && !options.some((request) => request.converge)) {
    const shown = servings.map((each) => `${each.target} serves ${each.current.keyId}`).join(', ');
    throw new KeyturnError('conflict', `the targets differ: ${shown}`, {
      fix: 'bring them together by hand, or ask for a rotation with --converge, which moves all to one new key',
    });
  }
  const broken = servings.filter((each) => each.current.verdict === 'refused');
  if (broken.length > 0 && !isEmergency && !options.some((request) => request.acceptBroken)) {
    const shown = broken.map((each) => `${each.target} (${each.current.answer ?? 'refused'})`).join(', ');
    throw new KeyturnError('invalid', `what is current does not work: ${shown}`, {
      fix: 'find out who changed it, or mend the test that fails; to rotate all the same, with nothing good to go back to, use --accept-broken',
    });
  }
}

/**
 * A stored value is accepted by those who have been told of it. Without staging it would be served before that.
 * @throws KeyturnError `invalid` naming the target.
 */
export function judgeAccepters(standings: readonly TargetStanding[], consumers: readonly CredentialConsumer[]): void {
  for (const { name, reads, role } of consumers) {
    const read = standings.find((standing) => standing.target === reads);
    if (role !== 'accepts' || read === undefined || read.powers.staging) continue;
    throw new KeyturnError(
      'invalid',
      `target ${reads} has no staging, but ${name} has to accept a value before it is served`,
      {
        fix: 'use a vault, or a mode of it, in which a version can be pending (Google Secret Manager: readers: alias)',
      },
    );
  }
}

/** @throws KeyturnError `conflict` for a pending version that no rotation of ours left. */
export function judgePending(standings: readonly TargetStanding[], ours: ReadonlySet<KeyId>): void {
  for (const { target, pending } of standings) {
    if (pending === undefined || (pending.keyId !== 'unknown' && ours.has(pending.keyId))) continue;
    throw new KeyturnError('conflict', `target ${target} holds a pending version ${pending.version} that is not ours`, {
      fix: 'somebody else is changing this secret: let them finish, or take their pending version away',
    });
  }
}

/**
 * The keys that have to go before a new one can come: what earlier rotations of ours left, and what the request named.
 * @throws KeyturnError `limit` where there is no room and none of them makes any; `not-found` for a name that is not listed.
 */
export function judgeKeys(
  provider: ProviderStanding,
  { handedIn, held }: { held: readonly KeyId[]; handedIn?: KeyId | undefined },
  options: readonly Request[],
): { oldKeys: ListedKey[]; leftovers: ListedKey[] } {
  const leakedAt = compromisedAt(options);
  if (handedIn !== undefined) judgeHandedIn(provider, { handedIn, held }, leakedAt);
  const broken = leakedAt !== undefined || options.some((request) => request.acceptBroken);
  const oldKeys = held.map((id) => listed(provider.keys, id, broken));
  const others = provider.keys.filter((key) => !held.includes(key.id) && key.id !== handedIn);
  const named = new Set(options.flatMap((request) => request.replace ?? []));
  for (const id of named) {
    if (!others.some((key) => key.id === id)) {
      throw new KeyturnError('not-found', `the key to replace, ${id}, is not listed, or is the one in use`, {
        fix: `listed are: ${describeKeys(provider.keys)}`,
      });
    }
  }
  const goes = (key: ListedKey) =>
    key.madeBy !== undefined || named.has(key.id) || (leakedAt !== undefined && isLeaked(key, leakedAt));
  const leftovers = others.filter(goes);
  const { keysMax, order } = provider.powers;
  const left = provider.keys.length - leftovers.length;
  const needsRoom = order === 'make-before-break' && handedIn === undefined;
  if (needsRoom && keysMax !== undefined && left >= keysMax) {
    throw new KeyturnError(
      'limit',
      `no room for a new key: ${left} of ${keysMax} keys exist: ${describeKeys(provider.keys)}`,
      {
        fix: 'find out who uses the key that no target names; then ask for the rotation with --replace <that key id>',
      },
    );
  }
  return { oldKeys, leftovers };
}

/** @throws KeyturnError `conflict` for a value that is in use already, or known to others. */
function judgeHandedIn(
  { keys }: ProviderStanding,
  { handedIn, held }: { handedIn: KeyId; held: readonly KeyId[] },
  leakedAt: string | undefined,
): void {
  if (held.includes(handedIn)) {
    throw new KeyturnError('conflict', `the value handed in is ${handedIn}, which a target serves already`, {
      fix: 'hand in another; to bring targets together that differ, rotate with --converge',
    });
  }
  const madeAt = keys.find(({ id }) => id === handedIn)?.createdAt;
  if (leakedAt === undefined || madeAt === undefined || Date.parse(madeAt) > Date.parse(leakedAt)) return;
  throw new KeyturnError('conflict', `the key handed in, ${handedIn}, was there when the credential was compromised`, {
    fix: 'make a new key; or say with --compromised-at what existed when it became known',
  });
}

function listed(keys: readonly ListedKey[], id: KeyId, broken: boolean | undefined): ListedKey {
  const found = keys.find((key) => key.id === id);
  if (found) return found;
  if (broken) return { id, state: 'disabled' };
  throw new KeyturnError('conflict', `the provider does not list ${id}, which a target serves: ${describeKeys(keys)}`, {
    fix: 'the value belongs to another principal, or was revoked: store the right one first',
  });
}

export function describeKeys(keys: readonly ListedKey[]): string {
  if (keys.length === 0) return 'none';
  return keys.map(describeKey).join('; ');
}

function describeKey(key: ListedKey): string {
  const use = typeof key.lastUse === 'object' ? `last used ${key.lastUse.at}` : `last use ${key.lastUse ?? 'unknown'}`;
  const made = key.madeBy === undefined ? 'not made by Keyturn' : `made by rotation ${key.madeBy}`;
  return `${key.id} (${key.state}, created ${key.createdAt ?? 'unknown'}, ${use}, ${made})`;
}
