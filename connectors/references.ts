import type { SecretRef } from '../contract/index.ts';

/** For people: where a reference points. */
export function nameOf(ref: SecretRef): string {
  if ('env' in ref) return `the environment variable ${ref.env}`;
  if ('file' in ref) return `the file ${ref.file}`;
  return `the vault ${ref.target.vault}`;
}
