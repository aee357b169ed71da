import type { Call, Google } from '../../support/google/server.ts';
import { unavailable } from '../../support/google/status.ts';

export interface Pause {
  /** The call has come, and stands. */
  reached: Promise<void>;
  /** The caller is told that the service is unavailable, whatever has happened. */
  breakOff(): void;
}

export interface PauseAt {
  method: string;
  /** What makes it the call that is meant. */
  test?(aliases: Record<string, number>): boolean;
  /** `after`: it is carried out, and its reply is lost. */
  when: 'before' | 'after';
}

/** Lets single calls of one secret stand in the double, so that a test can act in between. */
export class Pauses {
  readonly #waiting = new Map<string, { at: PauseAt; arrive(): void; broken: Promise<void> }>();

  constructor(google: Google) {
    google.intercept = (call) => this.#pass(call);
  }

  at(secret: string, at: PauseAt): Pause {
    let arrive = () => {};
    let breakOff = () => {};
    const reached = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const broken = new Promise<void>((resolve) => {
      breakOff = resolve;
    });
    this.#waiting.set(secret, { at, arrive, broken });
    return { reached, breakOff: () => breakOff() };
  }

  async #pass({ method, request, run }: Call): Promise<object> {
    const { parent, secret } = request as { parent?: string; secret?: Record<string, unknown> };
    const name = parent ?? String(secret?.name);
    const pause = this.#waiting.get(name);
    const aliases = (secret?.versionAliases ?? {}) as Record<string, number>;
    if (pause?.at.method !== method || pause.at.test?.(aliases) === false) return run();
    this.#waiting.delete(name);
    if (pause.at.when === 'after') run();
    pause.arrive();
    await pause.broken;
    throw unavailable();
  }
}
