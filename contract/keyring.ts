export const keyPurposes = ['seal', 'sign', 'file-vault', 'fingerprint'] as const;
export type KeyPurpose = (typeof keyPurposes)[number];

/** One key of the ring: a JSON Web Key (RFC 7517), `oct` of 256 bits, or `OKP` Ed25519 for `sign`. */
export interface RingKey {
  kid: string;
  jwk: Readonly<Record<string, unknown>>;
}

/** Where Keyturn's own keys come from: a local file by default, a KMS later. A purpose never uses another's key. */
export interface KeyRing {
  /** The key in use for new work. @throws KeyturnError `not-found` where the ring has none for the purpose. */
  current(purpose: KeyPurpose): Promise<RingKey>;
  /** A key in use now or earlier. @throws KeyturnError `not-found`. */
  byId(purpose: KeyPurpose, kid: string): Promise<RingKey>;
}
