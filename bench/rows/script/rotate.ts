import { loadConsumer, loadProvider, loadVault } from '../../../connectors/load.ts';
import { readShape, writeShape } from '../../../connectors/shapes/index.ts';
import type {
  Change,
  Consumer,
  Context,
  Credential,
  KeyFields,
  KeyValue,
  Provider,
  Stored,
  Target,
  Vault,
} from '../../../contract/index.ts';

/** What a script has at hand for one credential. */
export interface Hands {
  ctx: Context;
  credential: Credential;
  target: Target;
  provider: Provider;
  vault: Vault;
  consumer: Consumer;
  fields: KeyFields;
}

/** The connectors as they are, without a guard, an audit, or anything that remembers. */
export async function handsFor(ctx: Context, credential: Credential): Promise<Hands> {
  const [target] = credential.targets as [Target];
  const { name: _name, value: _value, ...located } = target;
  const [{ type, url, secret }] = credential.consumers as [Credential['consumers'][number]];
  const provider = await loadProvider(credential.provider.type);
  const vault = await loadVault(target.vault);
  const consumer = await loadConsumer(type);
  const config = provider.schema.parse(credential.provider);
  return {
    ...{ ctx, credential, target },
    provider: provider.open(config),
    fields: provider.fields(config),
    vault: vault.open(vault.schema.parse(located)),
    consumer: consumer.open(consumer.schema.parse({ type, url, secret })),
  };
}

/** Tells of every change, by the verb that the audit has for it. */
export type Changing = (verb: string) => unknown;

/** The same calls in the same order as a routine rotation of two logins: what fails leaves everything as it happens to be. */
export async function rotateByScript(hands: Hands, changing: Changing): Promise<void> {
  const { ctx, provider, target, vault } = hands;
  const before = await served(hands);
  const held = await accepted(hands, before);
  await vault.read(ctx, 'pending');
  const keys = await provider.inventory(ctx, [held]);
  const old = keys.find(({ id }) => id === held);
  const chosen = await provider.choose?.(ctx, { held, keys });
  if (!old || !chosen) throw new Error(`${target.name} holds no key of the provider`);
  changing('apply');
  await provider.apply?.(ctx, chosen, undefined);
  await provider.verify(ctx, chosen.value);
  const document = writeShape(target.value, (await served(hands)).value, chosen.value, hands.fields);
  changing('write');
  const written = await vault.write(ctx, document, before.version.id);
  await accepted(hands, await read(hands, written.id));
  changing('moveCurrent');
  await vault.moveCurrent(ctx, written.id, before.version.id);
  await accepted(hands, await served(hands));
  await tell(hands, { keyId: chosen.key.id, previous: held, version: written.id });
  await accepted(hands, await served(hands));
  await provider.inventory(ctx, [chosen.key.id, held]);
  await served(hands);
  changing('disable');
  await provider.disable?.(ctx, old);
  await refused(hands, before.version.id);
  await served(hands);
  changing('remove');
  await provider.remove(ctx, old);
  await refused(hands, before.version.id);
  changing('destroy');
  await vault.destroy(ctx, before.version.id);
}

async function served({ ctx, vault }: Hands): Promise<Stored> {
  return there(await vault.read(ctx, 'current'));
}

async function read({ ctx, vault }: Hands, id: string): Promise<Stored> {
  return there(await vault.read(ctx, { id }));
}

function there(stored: Stored | 'absent'): Stored {
  if (stored === 'absent') throw new Error('the target does not hold what it should');
  return stored;
}

function keyValue({ fields, target }: Hands, { value }: Stored): KeyValue {
  return readShape(target.value, value, fields);
}

/** @returns which key it is. */
async function accepted(hands: Hands, stored: Stored): Promise<string> {
  const { ctx, provider } = hands;
  const { verdict } = await provider.verify(ctx, keyValue(hands, stored));
  if (verdict !== 'accepted') throw new Error('what the target holds is refused');
  return provider.identify(ctx, keyValue(hands, stored));
}

async function refused(hands: Hands, version: string): Promise<void> {
  const { verdict } = await hands.provider.verify(hands.ctx, keyValue(hands, await read(hands, version)));
  if (verdict !== 'refused') throw new Error('the old key is still accepted');
}

async function tell(
  { consumer, credential, ctx, target }: Hands,
  change: Pick<Change, 'keyId' | 'previous' | 'version'>,
): Promise<void> {
  const { length } = await consumer.refresh(ctx, {
    ...change,
    deliveryId: `${credential.id}/${change.keyId}`,
    rotation: change.keyId,
    credential: credential.id,
    target: target.name,
    verb: 'use',
    instances: 1,
  });
  if (length < 1) throw new Error('the consumer did not attest');
}
