import { exportJWK, generateKeyPair } from 'jose';
import { type KeyRing, KeyturnError } from '../../../contract/index.ts';

/** A ring that holds one key to sign with. */
export async function signingRing(kid = 'sign-1'): Promise<KeyRing> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = { ...(await exportJWK(privateKey)) };
  return {
    current: async () => ({ kid, jwk }),
    async byId(purpose, asked) {
      if (purpose === 'sign' && asked === kid) return { kid, jwk };
      throw new KeyturnError('not-found', `the ring has no ${purpose} key ${asked}`);
    },
  };
}
