import type { CredentialConsumer, Progress } from '../../contract/index.ts';

/** A consumer that attests when the test says so. */
export const pull: CredentialConsumer = {
  type: 'pull',
  name: 'app',
  reads: 'main',
  instances: 1,
  canary: 0,
  required: true,
  role: 'uses',
};

/** Whether a rotation waits for this, `consumer app` for one. */
export const waitsFor =
  (wanted: string) =>
  ({ waits }: Progress): boolean =>
    waits.some(({ name }) => name === wanted);
