import type { AuditConnector, AuditRecord, AuditSink } from '../../contract/index.ts';

/** In the worker's memory: for one worker, and gone with it. */
class MemorySink implements AuditSink {
  readonly #chains = new Map<string, AuditRecord[]>();

  async append(record: AuditRecord, expectedSeq: number): Promise<boolean> {
    const chain = this.#chainOf(record.entry.credential);
    if (chain.length !== expectedSeq) return false;
    chain.push(record);
    return true;
  }

  async read(credential: string, fromSeq = 1): Promise<AuditRecord[]> {
    return this.#chainOf(credential).slice(fromSeq - 1);
  }

  async last(credential: string): Promise<AuditRecord | undefined> {
    return this.#chainOf(credential).at(-1);
  }

  async credentials(): Promise<string[]> {
    return [...this.#chains.keys()].sort();
  }

  async close(): Promise<void> {}

  #chainOf(credential: string): AuditRecord[] {
    const known = this.#chains.get(credential);
    if (known) return known;
    const chain: AuditRecord[] = [];
    this.#chains.set(credential, chain);
    return chain;
  }
}

export const audit: AuditConnector = { kind: 'audit', name: 'memory', open: async () => new MemorySink() };
