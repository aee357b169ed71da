import { z } from 'zod';
import type { AuditConnector, ConsumerConnector, ProviderConnector, VaultConnector } from '../../contract/index.ts';
import { openSink } from './audit.ts';
import { openConsumer } from './consumer.ts';
import { fields } from './forms.ts';
import { openProvider, powersOf } from './provider.ts';
import { openVault, vaultPowersOf } from './vault.ts';
import type { World } from './world.ts';

/** What a credential's declaration says: which world, and which of its places. */
const providerSchema = z.strictObject({ type: z.literal('world'), world: z.string() });
const vaultSchema = z.strictObject({ vault: z.literal('world'), world: z.string(), secret: z.string() });
const consumerSchema = z.strictObject({ type: z.literal('world'), world: z.string(), called: z.string() });

/** The connectors into a world, as the worker loads them. */
export function worldConnectors(worldOf: (id: string) => World) {
  const provider: ProviderConnector<z.infer<typeof providerSchema>> = {
    kind: 'provider',
    name: 'world',
    schema: providerSchema,
    fields: () => fields,
    principals: ({ world }) => [world],
    powers: ({ world }) => powersOf(worldOf(world).shape.provider),
    classify: () => undefined,
    open: ({ world }) => openProvider(worldOf(world)),
  };
  const vault: VaultConnector<z.infer<typeof vaultSchema>> = {
    kind: 'vault',
    name: 'world',
    schema: vaultSchema,
    location: ({ secret, world }) => `${world}/${secret}`,
    powers: ({ secret, world }) => vaultPowersOf(worldOf(world).target(secret).shape),
    classify: () => undefined,
    open: ({ secret, world }) => openVault(worldOf(world), secret),
  };
  const consumer: ConsumerConnector<z.infer<typeof consumerSchema>> = {
    kind: 'consumer',
    name: 'world',
    schema: consumerSchema,
    classify: () => undefined,
    open: ({ called, world }) => openConsumer(worldOf(world), called),
  };
  const audit: AuditConnector = {
    kind: 'audit',
    name: 'world',
    open: async (id) => openSink(worldOf(id)),
  };
  return { provider, vault, consumer, audit };
}
