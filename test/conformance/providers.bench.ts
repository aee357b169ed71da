import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { ErrorKind, Key, KeyId, KeyValue, NewKey, Provider, Standing } from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';
import type { ProviderCase, ProviderSetup } from './harness.ts';

/** How much longer than declared a slow machine may take. */
const slackMs = 5_000;

/** One test's provider, with what the suite does again and again. */
export class ProviderBench {
  readonly setup: ProviderSetup;
  readonly #one: ProviderCase;
  readonly #secrets = new Set<string>();

  private constructor(one: ProviderCase, setup: ProviderSetup) {
    this.#one = one;
    this.setup = setup;
  }

  static async open(one: ProviderCase): Promise<ProviderBench> {
    const bench = new ProviderBench(one, await one.setUp());
    await bench.remember(bench.setup.knownGood);
    await bench.remember(bench.setup.wrong);
    return bench;
  }

  get provider(): Provider {
    return this.setup.provider;
  }

  get isInPlace(): boolean {
    return this.setup.powers.order === 'in-place';
  }

  async held(): Promise<KeyId> {
    return this.provider.identify(this.setup.ctx, this.setup.knownGood);
  }

  async list(): Promise<Key[]> {
    return this.provider.inventory(this.setup.ctx, [await this.held()]);
  }

  async ids(): Promise<KeyId[]> {
    return (await this.list()).map((key) => key.id).sort();
  }

  /** The known-good's key, as listed. */
  async heldKey(): Promise<Key> {
    const held = await this.held();
    const found = (await this.list()).find((key) => key.id === held);
    return found ?? expect.fail(`${held} is not listed`);
  }

  /** A key as the lifecycle gets it: minted, chosen and applied, or made by hand. */
  async make(): Promise<NewKey> {
    const { ctx, makeByHand } = this.setup;
    if (makeByHand) {
      const value = await makeByHand();
      return this.#remembered({ key: { id: await this.provider.identify(ctx, value), state: 'active' }, value });
    }
    if (this.provider.mint) return this.#remembered(await this.provider.mint(this.setup.ctx));
    const standing = await this.standing();
    const chosen = await this.choose(standing);
    return { ...chosen, key: await this.apply(chosen, standing) };
  }

  async standing(): Promise<Standing> {
    return { held: await this.held(), keys: await this.list() };
  }

  async choose(standing: Standing): Promise<NewKey> {
    const chosen = await this.provider.choose?.(this.setup.ctx, standing);
    return chosen ? this.#remembered(chosen) : expect.fail('it cannot choose');
  }

  /** In place, the key that was held is expected; beside another key, nothing is. */
  async apply(chosen: NewKey, standing: Standing, provider = this.provider): Promise<Key> {
    if (!provider.apply) return chosen.key;
    const expected = this.isInPlace ? standing.keys.find((key) => key.id === standing.held) : undefined;
    return provider.apply(this.setup.ctx, chosen, expected);
  }

  async expectVerdict(value: KeyValue, verdict: 'accepted' | 'refused'): Promise<void> {
    const look = async () => (await this.provider.verify(this.setup.ctx, value)).verdict;
    await expect.poll(look, this.propagation()).toBe(verdict);
  }

  propagation(): { timeout: number; interval: number } {
    return { timeout: this.setup.powers.propagationMsMax + slackMs, interval: 50 };
  }

  /** The kind that the guard would give the error of this promise, which must fail. No value may stand in it. */
  async failing(promise: Promise<unknown> | undefined): Promise<ErrorKind | undefined> {
    const failed = await this.settle(promise);
    return failed ? failed.kind : expect.fail('it should have failed');
  }

  /** @returns undefined when it did not fail. */
  async settle(promise: Promise<unknown> | undefined): Promise<{ kind: ErrorKind | undefined } | undefined> {
    try {
      await promise;
      return undefined;
    } catch (error) {
      this.expectNoSecret(error);
      return { kind: error instanceof KeyturnError ? error.kind : this.#one.connector.classify(error) };
    }
  }

  /** Neither plain nor as base64 or in a URL. */
  expectNoSecret(shown: unknown): void {
    const text = `${inspect(shown, { depth: 20, showHidden: true, maxStringLength: null })} ${String(shown)}`;
    for (const form of this.#secrets) expect(text.includes(form), 'a value stands in what is shown').toBe(false);
  }

  /** What a keyId shows, a login or an access key id, is no secret. */
  async remember(value: KeyValue): Promise<void> {
    const keyId = await this.provider.identify(this.setup.ctx, value);
    const texts = Object.values(value).map((secret) => secret.reveal());
    for (const text of texts)
      if (text !== '' && !keyId.includes(text)) for (const form of forms(text)) this.#secrets.add(form);
  }

  async #remembered(made: NewKey): Promise<NewKey> {
    await this.remember(made.value);
    this.expectNoSecret(made);
    return made;
  }
}

function forms(text: string): string[] {
  const bytes = Buffer.from(text);
  return [text, encodeURIComponent(text), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
}

/** For whatever is repeated: once, and once more because the reply was lost. */
export const twice = ['once', 'reply lost'] as const;

export function copyOf(value: KeyValue): KeyValue {
  return Object.fromEntries(Object.entries(value).map(([field, secret]) => [field, new Secret(secret.reveal())]));
}

export function withoutUse({ lastUse: _lastUse, ...rest }: Key): Omit<Key, 'lastUse'> {
  return rest;
}

export function lastUseMs({ lastUse }: Key): number | undefined {
  return typeof lastUse === 'object' ? Date.parse(lastUse.at) : undefined;
}

export function expectNow(at: string): void {
  expect(new Date(at).toISOString()).toBe(at);
  expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
}
