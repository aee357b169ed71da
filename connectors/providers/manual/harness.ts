import { type KeyValue, type Provider, Secret } from '../../../contract/index.ts';
import type { Harness, ProviderCase, ProviderSetup } from '../../../test/conformance/harness.ts';
import { testContext } from '../../../test/support/context.ts';
import { httpDouble, nobodyHome } from '../../../test/support/http-double.ts';
import { connector } from './index.ts';

let made = 0;

const byHand = (): KeyValue => ({ value: new Secret(`made-in-a-console-${++made}-${'x'.repeat(20)}`) });

function providerAt(accepterUrl?: string) {
  const accepter = accepterUrl === undefined ? {} : { accepter: { url: accepterUrl } };
  const config = connector.schema.parse({ type: 'manual', ...accepter });
  return { config, provider: connector.open(config) };
}

async function nobodyToAsk(): Promise<ProviderSetup> {
  const { config, provider } = providerAt();
  return {
    provider,
    powers: connector.powers(config),
    ctx: testContext(),
    knownGood: byHand(),
    wrong: byHand(),
    makeByHand: async () => byHand(),
    unreachable: provider,
    tearDown: async () => {},
  };
}

/** An API that takes the keys of its console. */
async function withAccepter(): Promise<ProviderSetup> {
  const ctx = testContext();
  const taken = new Map<string, string>();
  const double = await httpDouble((request, response) => {
    const isTaken = [...taken.values()].some((value) => request.headers.authorization === `Bearer ${value}`);
    response.writeHead(isTaken ? 200 : 401).end();
  });
  const { config, provider } = providerAt(`${double.url}/whoami`);
  const make = async () => {
    const value = byHand();
    taken.set(await provider.identify(ctx, value), value.value?.reveal() ?? '');
    return value;
  };
  return {
    provider: revokedByTheSuite(provider, (id) => taken.delete(id)),
    powers: connector.powers(config),
    ctx,
    knownGood: await make(),
    wrong: byHand(),
    makeByHand: make,
    unreachable: providerAt(await nobodyHome()).provider,
    tearDown: double.stop,
  };
}

/** In a rotation a person revokes; here whoever asks for the removal is that person. */
function revokedByTheSuite(provider: Provider, revoke: (id: string) => void): Provider {
  return {
    ...provider,
    async remove(ctx, key) {
      await provider.remove(ctx, key);
      revoke(key.id);
    },
  };
}

export const harness: Harness<ProviderCase> = {
  cases: [
    { name: 'by hand, nobody to ask', connector, setUp: nobodyToAsk },
    { name: 'by hand, with an accepter', connector, setUp: withAccepter },
  ],
};
