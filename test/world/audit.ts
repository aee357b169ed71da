import type { AuditEntry, AuditRecord, AuditSink, CredentialId } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import type { World } from './world.ts';

/** The chain of the world's credential, and of others that may stand beside it, in memory. */
export class AuditSide {
  readonly #chains = new Map<CredentialId, AuditRecord[]>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Those of the world's own credential. */
  get records(): readonly AuditRecord[] {
    return this.chain(this.#world.id);
  }

  get credentials(): CredentialId[] {
    return [...this.#chains.keys()].toSorted();
  }

  chain(credential: CredentialId): readonly AuditRecord[] {
    return this.#chains.get(credential) ?? [];
  }

  get entries(): AuditEntry[] {
    return this.records.map(({ entry }) => entry);
  }

  append(record: AuditRecord, expectedSeq: number): boolean {
    const { credential } = record.entry;
    if (record.seq !== expectedSeq + 1) {
      throw new KeyturnError('invalid', `record ${record.seq} cannot stand behind ${expectedSeq}`);
    }
    const chain = this.#chains.get(credential) ?? [];
    if (chain.length !== expectedSeq) return false;
    this.#world.shown(record, 'the audit');
    chain.push(structuredClone(record));
    this.#chains.set(credential, chain);
    return true;
  }

  /** Has this rotation said that it is about to do this? */
  intended(verbs: readonly string[], about: (subject: string) => boolean): boolean {
    return this.records.some(
      ({ entry }) => entry.kind === 'intent' && verbs.includes(entry.verb) && about(entry.subject ?? ''),
    );
  }
}

export function openSink(world: World): AuditSink {
  const { audit, network } = world;
  // No guard stands around a sink: it gives its errors their kind itself.
  const call = <T>(name: string, act: () => T) =>
    network.call(name, act).catch((error: Error) => {
      throw error instanceof KeyturnError ? error : new KeyturnError('transient', error.message);
    });
  return {
    append: (record, expectedSeq) => call(`append ${record.entry.kind}`, () => audit.append(record, expectedSeq)),
    read: (credential, fromSeq = 1) => call('read audit', () => audit.chain(credential).slice(fromSeq - 1)),
    last: (credential) => call('read audit', () => audit.chain(credential).at(-1)),
    credentials: async () => audit.credentials,
    close: async () => {},
  };
}
