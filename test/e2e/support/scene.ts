import { openIntents } from '../../../connectors/audit/ledger.ts';
import type { AuditEntry, Credential } from '../../../contract/index.ts';
import { credentialOf, type Rotating } from '../../support/rotating.ts';
import type { Issuer } from './issuers.ts';
import type { VaultPlace } from './vault-places.ts';

/** A credential over real systems, and the eyes of somebody who stands outside. */
export interface Scene {
  credential: Credential;
  /** Everything that stands at the provider and in the vaults, as one text. */
  standing(): Promise<string>;
}

/** Puts what the systems ask for into the worker's environment. */
export function sceneOf(
  rotating: Rotating,
  issuer: Pick<Issuer, 'provider' | 'env' | 'standing'>,
  places: readonly VaultPlace[],
  given: Partial<Credential> = {},
): Scene {
  Object.assign(rotating.env, issuer.env, ...places.map((place) => place.env));
  const targets = places.map((place) => place.target);
  return {
    credential: credentialOf({ provider: issuer.provider, targets, ...given }),
    async standing() {
      const all = [issuer.standing(), ...places.map((place) => place.standing())];
      return (await Promise.all(all)).join('\n');
    },
  };
}

export async function entriesOf(rotating: Rotating, credential: Credential): Promise<AuditEntry[]> {
  return (await rotating.sink.read(credential.id)).map((record) => record.entry);
}

/** Intents of which nobody knows the result: none, once a rotation has ended. */
export async function leftOpen(rotating: Rotating, credential: Credential): Promise<string[]> {
  return openIntents(await rotating.sink.read(credential.id)).map((record) => record.entry.effect);
}
