import { type GoogleAddress, startGoogle } from '../google/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    google: GoogleAddress;
  }
}

/** The double of Google Secret Manager. */
export async function start(): Promise<{ provide: GoogleAddress; stop(): Promise<void> }> {
  const google = await startGoogle();
  return { provide: google.address, stop: google.stop };
}
