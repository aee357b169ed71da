import { inspect } from 'node:util';
import { expect, type TestContext } from 'vitest';
import { type ErrorKind, KeyturnError, Secret, type VersionId } from '../../../contract/index.ts';
import type { Stored, Which } from '../../../contract/vault.ts';
import type { VaultCase, VaultSetup } from '../harness.ts';

/** Stands in every value of this suite, so that an error which carries a value is found. */
const marker = 'kt-conformance-value';

export const value = (name: string) => new Secret(`${marker}-${name}`);

export const kinds: Record<string, string> = {
  unicode: `${marker} ü 漢字 🔑 e\u0301 \u00e9 \u202eabc`,
  '32 KiB': marker + 'x'.repeat(32 * 1024 - marker.length),
  JSON: JSON.stringify({ user: 'orders', password: `${marker}"\\/`, nested: { a: [1, null] } }, null, 2),
  'a trailing newline': `${marker}\n`,
  'CRLF, tabs and blanks around it': ` \t${marker}\r\nsecond line\r\n `,
  'characters that shells, URLs and SQL treat specially': `${marker}$HOME\`'"%20%s;--\\0&<>{}[]`,
};

/** One case and, during a test, its fresh target. */
export class Bench {
  readonly one: VaultCase;
  #setup: VaultSetup | undefined;

  constructor(one: VaultCase) {
    this.one = one;
  }

  get s(): VaultSetup {
    return this.#setup ?? expect.fail('no target was set up');
  }

  async setUp(): Promise<void> {
    this.#setup = await this.one.setUp();
  }

  async tearDown(): Promise<void> {
    const setup = this.#setup;
    this.#setup = undefined;
    await setup?.tearDown();
  }

  needsStaging(t: TestContext): void {
    t.skip(!this.s.powers.staging, 'no staging: the newest version is current');
  }

  needsNewest(t: TestContext): void {
    t.skip(this.s.powers.staging, 'has staging');
  }

  needsReadBack(t: TestContext): void {
    t.skip(!this.s.powers.readsBack, 'values cannot be read back');
  }

  needsDestroy(t: TestContext): void {
    t.skip(!this.s.powers.destroys, 'values cannot be destroyed');
  }

  async write(secret: Secret, expected: VersionId | 'absent'): Promise<VersionId> {
    return (await this.s.vault.write(this.s.ctx, secret, expected)).id;
  }

  async move(to: VersionId, expected: VersionId): Promise<VersionId> {
    return (await this.s.vault.moveCurrent(this.s.ctx, to, expected)).id;
  }

  first(): Promise<VersionId> {
    return this.write(value('first'), 'absent');
  }

  /** Writes and, where that is a step of its own, makes current. */
  async serve(secret: Secret, expected: VersionId): Promise<VersionId> {
    const id = await this.write(secret, expected);
    return this.s.powers.staging ? this.move(id, expected) : id;
  }

  read(which: Which, vault = this.s.vault): Promise<Stored | 'absent'> {
    return vault.read(this.s.ctx, which);
  }

  /** Within the lag that the vault declares. */
  async expectRead(which: Which, expected: Secret | 'absent', vault = this.s.vault): Promise<void> {
    const text = async () => textOf(await this.read(which, vault));
    const options = { timeout: this.s.powers.propagationMsMax + 200, interval: 25 };
    await expect.poll(text, options).toBe(expected === 'absent' ? 'absent' : expected.reveal());
  }

  async snapshot(): Promise<Record<'current' | 'pending' | 'previous', unknown>> {
    return {
      current: seen(await this.read('current')),
      pending: seen(await this.read('pending')),
      previous: seen(await this.read('previous')),
    };
  }

  /** The same act from both handles at once. */
  async race<T>(act: (vault: VaultSetup['vault'], index: number) => Promise<T>) {
    const settled = await Promise.allSettled([this.s.vault, this.s.again].map(act));
    const done = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = settled.flatMap((result) => (result.status === 'rejected' ? [this.kindOf(result.reason)] : []));
    return { done, failed };
  }

  async failing(promise: Promise<unknown>): Promise<ErrorKind | undefined> {
    const failure = await promise.then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    return failure ? this.kindOf(failure.error) : expect.fail('it should have failed');
  }

  /** The kind that the guard would give the error. Also checks that no value stands in it. */
  kindOf(error: unknown): ErrorKind | undefined {
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(marker);
    return error instanceof KeyturnError ? error.kind : this.one.connector.classify(error);
  }
}

function textOf(stored: Stored | 'absent'): string {
  return stored === 'absent' ? 'absent' : stored.value.reveal();
}

export function seen(stored: Stored | 'absent'): 'absent' | { id: VersionId; text: string } {
  return stored === 'absent' ? 'absent' : { id: stored.version.id, text: stored.value.reveal() };
}

/** An id of the same form that no version has. */
export function unlike(id: VersionId): VersionId {
  return id.slice(0, -1) + (id.endsWith('7') ? '8' : '7');
}
