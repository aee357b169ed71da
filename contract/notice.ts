import type { SecretRef } from './words.ts';

/** Where people are told what waits for them. */
export interface Notify {
  /** Takes a signed POST. */
  url: string;
  /** The HMAC key, `whsec_` and base64. */
  secret: SecretRef;
}

export const noticeKinds = [
  'approval wanted',
  'quarantined',
  'late',
  'value wanted',
  'revocation wanted',
  'compromise ended',
  'overdue',
] as const;

/** What waits for somebody, and what they can do. Safe to print. */
export interface Notice {
  /** The same for every attempt to tell of it. */
  id: string;
  kind: (typeof noticeKinds)[number];
  text: string;
  /** Commands and advice, in order. */
  todo: readonly string[];
}
