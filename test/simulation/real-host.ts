import type { Client } from '@temporalio/client';
import * as rotations from '../../client/rotations.ts';
import { handInBinding, sealFor } from '../../connectors/keyrings/seal.ts';
import type {
  AttestMessage,
  Credential,
  KeyRing,
  KeyValue,
  Progress,
  Request,
  RotationEnd,
} from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import type { UpdateName } from '../engine/host.ts';
import type { Desk } from './person.ts';

export interface RealHostGiven {
  client: Client;
  queue: string;
  credential: Credential;
  keys: KeyRing;
  /** What must not be, and why. */
  surprise(what: string): void;
  begun(): void;
  ended(end: RotationEnd, progress: Progress): void;
}

type Handle = rotations.Started['handle'];

const { approve, handIn, proceed, reject, resolve, retry, rollBack } = rotations;
const doors = { approve, handIn, proceed, reject, resolve, retry, rollBack };

/** Waits that `proceed` leaves alone. */
const neverSkipped = ['approval', 'propagation', 'late attempts', 'value', 'proof of revocation'];

/**
 * The rotations of one credential on a real server, seen as a person sees them: as they stood when last asked for. What is said to them
 * is said in order.
 */
export class RealHost implements Desk {
  isOpen = false;
  progress: Progress | undefined;
  readonly #given: RealHostGiven;
  #saying: Promise<void> = Promise.resolve();
  #handle: Handle | undefined;

  constructor(given: RealHostGiven) {
    this.#given = given;
  }

  request(request: Request): void {
    const { begun, client, credential, queue } = this.#given;
    const starts = !this.isOpen;
    this.isOpen = true;
    if (starts) {
      this.progress = undefined;
      begun();
    }
    this.#say(async () => {
      const { handle } = await rotations.startOrJoin(client, credential, request, queue);
      if (!starts) return;
      this.#handle = handle;
      void this.#follow(handle);
    });
  }

  attest(message: AttestMessage): void {
    this.#say(async () => {
      if (this.#handle && this.isOpen) await rotations.attest(this.#handle, message);
    });
  }

  update(name: UpdateName, message: never): string | undefined {
    const refused = this.#refusal(name, message);
    if (refused !== undefined) return refused;
    this.#say(async () => {
      if (this.#handle) await doors[name](this.#handle, message);
    });
    return undefined;
  }

  terminate(): void {
    const handle = this.#handle;
    this.isOpen = false;
    this.progress = undefined;
    this.#handle = undefined;
    this.#say(async () => void (await handle?.terminate()));
  }

  seal(id: string, value: KeyValue): Promise<string> {
    return sealFor(this.#given.keys, handInBinding(this.#given.credential, id), value);
  }

  /** Looks how it stands. */
  async refresh(): Promise<void> {
    const handle = this.#handle;
    await this.#saying;
    if (!handle || !this.isOpen) return;
    const progress = await rotations.progress(handle).catch((error) => void this.#expected(error));
    if (this.#handle === handle) this.progress = progress;
  }

  /** Until all has been said. */
  async quiet(): Promise<void> {
    await this.#saying;
  }

  /** As the validators judge it, which only the server can do for sure. */
  #refusal(name: UpdateName, message: { wait?: string }): string | undefined {
    const { planHash, quarantine } = this.progress ?? {};
    if (name === 'proceed' && neverSkipped.includes(message.wait ?? '')) return 'it cannot be skipped';
    if (name !== 'retry' && name !== 'resolve') return undefined;
    if (!quarantine) return 'it is not quarantined';
    if (name === 'resolve' && planHash === undefined) return 'nothing has been looked at yet';
    if (name === 'resolve' && quarantine.step === 'record') return 'only the record is missing';
    return undefined;
  }

  #say(what: () => Promise<unknown>): void {
    this.#saying = this.#saying.then(what).then(
      () => {},
      (error) => this.#expected(error),
    );
  }

  /** What was said may come too late, or not fit any more. */
  #expected(error: unknown): void {
    if (error instanceof KeyturnError) return;
    this.#given.surprise(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  async #follow(handle: Handle): Promise<void> {
    try {
      const end = await rotations.ended(handle);
      const progress = await rotations.progress(handle);
      if (this.#handle !== handle) return;
      this.progress = progress;
      this.isOpen = false;
      this.#given.ended(end, progress);
    } catch (error) {
      if (this.#handle === handle) this.#given.surprise(`it ended in a way that nobody knows: ${error}`);
    }
  }
}
