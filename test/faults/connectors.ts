import { z } from 'zod';
import type {
  AuditSink,
  Change,
  Consumer,
  ConsumerConnector,
  Provider,
  ProviderConnector,
  Stored,
  Vault,
  VaultConnector,
  Which,
} from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';
import type { World } from './world.ts';

/** Connectors into worlds: a credential's configuration says which. */

type Worlds = ReadonlyMap<string, World>;

const providerSchema = z.object({ world: z.string() });
const vaultSchema = z.object({ world: z.string(), secret: z.string() });
const consumerSchema = z.object({ world: z.string(), called: z.string() });

function worldOf(worlds: Worlds, id: string): World {
  const world = worlds.get(id);
  if (!world) throw new Error(`there is no world ${id}`);
  return world;
}

export function providerConnector(worlds: Worlds): ProviderConnector<z.infer<typeof providerSchema>> {
  return {
    kind: 'provider',
    name: 'world',
    schema: providerSchema,
    fields: () => ({ all: ['user', 'value'], main: 'value', user: 'user', password: 'value' }),
    principals: ({ world }) => [world],
    powers: ({ world }) => worldOf(worlds, world).powers,
    classify: () => undefined,
    open: ({ world }) => openProvider(worldOf(worlds, world)),
  };
}

function openProvider(world: World): Provider {
  const { keys } = world;
  return {
    identify: async (_ctx, { value }) => world.identify(value?.reveal()),
    inventory: () =>
      world.through('inventory', async () => [...keys].map(([id, { secret: _secret, ...key }]) => ({ id, ...key }))),
    mint: () =>
      world.through('mint', async () => {
        const id = world.makeKey();
        const value = { user: new Secret('app'), value: new Secret(keys.get(id)?.secret ?? '') };
        return { key: { id, state: 'active' }, value };
      }),
    verify: async (_ctx, { value }) => {
      const accepted = keys.get(world.identify(value?.reveal()))?.state === 'active';
      return { verdict: accepted ? 'accepted' : 'refused' };
    },
    disable: (_ctx, { id }) => world.through('disable', async () => setState(world, id, 'disabled')),
    enable: (_ctx, { id }) => world.through('enable', async () => setState(world, id, 'active')),
    remove: (_ctx, { id }) =>
      world.through('remove', async () => {
        if (keys.delete(id)) world.happened(`removed ${id}`);
      }),
    smokeTest: () => world.through('smokeTest', async () => {}),
  };
}

function setState(world: World, id: string, state: 'active' | 'disabled'): void {
  const key = world.keys.get(id);
  if (!key) throw new KeyturnError('not-found', `there is no key ${id}`);
  if (key.state === state) return;
  key.state = state;
  world.happened(`${state === 'active' ? 'enabled' : 'disabled'} ${id}`);
}

export function vaultConnector(worlds: Worlds): VaultConnector<z.infer<typeof vaultSchema>> {
  return {
    kind: 'vault',
    name: 'world',
    schema: vaultSchema,
    location: ({ secret, world }) => `${world}/${secret}`,
    powers: ({ world }) => worldOf(worlds, world).vault,
    classify: () => undefined,
    open: ({ secret, world }) => openVault(worldOf(worlds, world), secret),
  };
}

function openVault(world: World, name: string): Vault {
  const place = world.place(name);
  const { documents } = place;
  const conflict = () => new KeyturnError('conflict', `${name} serves version ${place.current}, which is another`);

  const add = (document: string) => {
    const id = `v${++place.versions}`;
    documents.set(id, document);
    return id;
  };
  const makeCurrent = (id: string) => {
    place.previous = place.current;
    place.current = id;
    if (place.pending === id) delete place.pending;
    place.staleUntilMs = Date.now() + world.lagMs;
    world.happened(`${name} serves ${world.serving(name)}`);
  };
  const versionOf = (which: Which) => {
    if (typeof which === 'object') return which.id;
    const stale = Date.now() < place.staleUntilMs;
    if (which === 'current') return stale ? place.previous : place.current;
    return which === 'previous' && stale ? undefined : place[which];
  };

  return {
    async read(_ctx, which): Promise<Stored | 'absent'> {
      const id = versionOf(which);
      const document = documents.get(id ?? '');
      return id === undefined || document === undefined ? 'absent' : { value: new Secret(document), version: { id } };
    },
    write: (_ctx, value, expected) =>
      world.through('write', async () => {
        if (documents.get(place.current) === value.reveal()) return { id: place.current };
        if (place.current !== expected) throw conflict();
        if (place.pending !== undefined) {
          if (documents.get(place.pending) === value.reveal()) return { id: place.pending };
          throw conflict();
        }
        const id = add(value.reveal());
        if (world.vault.staging) place.pending = id;
        else makeCurrent(id);
        return { id };
      }),
    moveCurrent: (_ctx, to, expected) =>
      world.through('moveCurrent', async () => {
        const document = documents.get(to);
        // Where the newest wins, what is added again is a version of its own: sameness is in the value.
        if (place.current === to || documents.get(place.current) === document) return { id: place.current };
        if (place.current !== expected) throw conflict();
        if (document === undefined) throw new KeyturnError('not-found', `${name} has no version ${to}`);
        makeCurrent(world.vault.staging ? to : add(document));
        return { id: place.current };
      }),
    destroy: (_ctx, version) =>
      world.through('destroy', async () => {
        if (place.current === version) throw new KeyturnError('conflict', `version ${version} of ${name} is current`);
        if (world.vault.destroys) documents.delete(version);
        if (place.pending === version) delete place.pending;
        if (place.previous === version) delete place.previous;
      }),
  };
}

export function consumerConnector(worlds: Worlds): ConsumerConnector<z.infer<typeof consumerSchema>> {
  return {
    kind: 'consumer',
    name: 'told',
    schema: consumerSchema,
    classify: () => undefined,
    open: ({ called, world }) => openConsumer(worldOf(worlds, world), called),
  };
}

function openConsumer(world: World, name: string): Consumer {
  return {
    refresh: (_ctx, change) =>
      world.through(`refresh ${name}`, async () => {
        world.events.push(`told ${name} to ${change.verb} ${change.verb === 'drop' ? change.previous : change.keyId}`);
        return (world.says[name] ?? obeys)(change);
      }),
    attested: (_ctx, change) =>
      world.through(`attested ${name}`, async () => world.answers[name]?.(change) ?? 'unknown'),
  };
}

function obeys({ keyId, previous, target, verb }: Change) {
  if (verb === 'drop') return [{ instance: 'one', target, keyId: previous, status: 'dropped' as const }];
  return [{ instance: 'one', target, keyId, status: 'loaded' as const }];
}

/** The real sink, with the faults of the world whose credential an entry is of. */
export function faultySink(worlds: Worlds, sink: AuditSink): AuditSink {
  return {
    append(record, expectedSeq) {
      const act = () => sink.append(record, expectedSeq);
      const world = worlds.get(record.entry.credential);
      return world ? world.through(`append ${record.entry.kind}`, act) : act();
    },
    read: (credential, fromSeq) => sink.read(credential, fromSeq),
    last: (credential) => sink.last(credential),
    credentials: () => sink.credentials(),
    close: () => sink.close(),
  };
}
