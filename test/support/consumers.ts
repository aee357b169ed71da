import type { CredentialConsumer, Progress } from '../../contract/index.ts';

/** A consumer of whatever type: one instance that the old key waits for. */
export const plainApp = {
  name: 'app',
  reads: 'main',
  instances: 1,
  canary: 0,
  required: true,
  role: 'uses',
} as const;

/** It attests when the test says so. */
export const pull: CredentialConsumer = { type: 'pull', ...plainApp };

/** Whether a rotation waits for this, `consumer app` for one. */
export const waitsFor =
  (wanted: string) =>
  ({ waits }: Progress): boolean =>
    waits.some(({ name }) => name === wanted);
