import type { KeyValue, Provider, Secret } from '../../../contract/index.ts';
import type { Harness, ProviderCase, ProviderSetup } from '../../../test/conformance/harness.ts';
import { testContext } from '../../../test/support/context.ts';
import { httpDouble, nobodyHome } from '../../../test/support/http-double.ts';
import { connector } from './index.ts';

const nobody = { held: 'stored/none', keys: [] };

async function chosenBy(provider: Provider): Promise<KeyValue> {
  const chosen = await provider.choose?.(testContext(), nobody);
  if (!chosen) throw new Error('the provider random chooses');
  return chosen.value;
}

function providerAt(accepterUrl?: string) {
  const config = connector.schema.parse({
    type: 'random',
    ...(accepterUrl === undefined ? {} : { accepter: { url: accepterUrl } }),
  });
  return { config, provider: connector.open(config) };
}

async function withoutAccepter(): Promise<ProviderSetup> {
  const { config, provider } = providerAt();
  return {
    provider,
    powers: connector.powers(config),
    ctx: testContext(),
    knownGood: await chosenBy(provider),
    wrong: await chosenBy(provider),
    unreachable: provider,
    tearDown: async () => {},
  };
}

/** A server that takes several values at once, as those must who check stored ones. */
async function withAccepter(): Promise<ProviderSetup> {
  const ctx = testContext();
  const taken = new Map<string, Secret>();
  const double = await httpDouble((request, response) => {
    const known = [...taken.values()].some((value) => request.headers.authorization === `Bearer ${value.reveal()}`);
    response.writeHead(known ? 200 : 401).end();
  });
  const { config, provider } = providerAt(`${double.url}/whoami`);
  const wrong = await chosenBy(provider);
  const knownGood = await chosenBy(provider);
  const take = async (value: KeyValue) => {
    taken.set(await provider.identify(ctx, value), value.value as Secret);
  };
  await take(knownGood);
  return {
    provider: toldByTheSuite(provider, take, (id) => taken.delete(id)),
    powers: connector.powers(config),
    ctx,
    knownGood,
    wrong,
    unreachable: providerAt(await nobodyHome()).provider,
    tearDown: double.stop,
  };
}

/** In a rotation the accepters are consumers, told to accept a value and to drop one; this suite has no consumers. */
function toldByTheSuite(
  provider: Provider,
  take: (value: KeyValue) => Promise<void>,
  drop: (id: string) => void,
): Provider {
  return {
    ...provider,
    async choose(ctx, standing) {
      const value = await provider.choose?.(ctx, standing);
      if (!value) throw new Error('the provider random chooses');
      await take(value.value);
      return value;
    },
    async remove(ctx, key) {
      await provider.remove(ctx, key);
      drop(key.id);
    },
  };
}

export const harness: Harness<ProviderCase> = {
  cases: [
    { name: 'stored, nobody to ask', connector, setUp: withoutAccepter },
    { name: 'stored, with an accepter', connector, setUp: withAccepter },
  ],
};
