import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  type AuditEntry,
  type AuditRecord,
  type AuditSink,
  type CredentialId,
  KeyturnError,
} from '../../../contract/index.ts';
import { columns, type Row, recordOf, requireNext, valuesOf } from '../rows.ts';
import { asKeyturnError } from './errors.ts';

interface Waiting {
  credential: CredentialId;
  values: ReturnType<typeof valuesOf>;
  expectedSeq: number;
  resolve(done: boolean): void;
  reject(error: unknown): void;
}

/**
 * Appends under the database's write lock, which any number of processes can contend for. Those that come together are one transaction, and
 * wait for the disk once; none is told to be done before.
 */
export class SqliteSink implements AuditSink {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #waiting: Waiting[] = [];
  readonly #statements: Record<'insert' | 'read' | 'last' | 'credentials', StatementSync>;

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.#statements = {
      insert: database.prepare(`INSERT INTO records (credential, ${columns}) VALUES (?, ?, ?, ?, ?, ?)`),
      read: database.prepare(`SELECT ${columns} FROM records WHERE credential = ? AND seq >= ? ORDER BY seq`),
      last: database.prepare(`SELECT ${columns} FROM records WHERE credential = ? ORDER BY seq DESC LIMIT 1`),
      credentials: database.prepare('SELECT DISTINCT credential FROM records ORDER BY credential'),
    };
  }

  async append(record: AuditRecord, expectedSeq: number): Promise<boolean> {
    requireNext(record, expectedSeq);
    const { credential } = record.entry;
    const values = valuesOf(record);
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#appendWaiting());
      this.#waiting.push({ credential, values, expectedSeq, resolve, reject });
    });
  }

  async read(credential: CredentialId, fromSeq = 1): Promise<AuditRecord[]> {
    const rows = this.#guarded(() => this.#statements.read.all(credential, fromSeq));
    return rows.map((row) => this.#record(row as unknown as Row<string>));
  }

  async last(credential: CredentialId): Promise<AuditRecord | undefined> {
    const row = this.#guarded(() => this.#statements.last.get(credential));
    return row && this.#record(row as unknown as Row<string>);
  }

  async credentials(): Promise<CredentialId[]> {
    const rows = this.#guarded(() => this.#statements.credentials.all());
    return rows.map((row) => String(row.credential));
  }

  async close(): Promise<void> {
    this.#appendWaiting();
    if (this.#database.isOpen) this.#database.close();
  }

  #appendWaiting(): void {
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) return;
    try {
      const done = this.#guarded(() => this.#transaction(() => waiting.map((each) => this.#insertBehind(each))));
      for (const [index, { resolve }] of waiting.entries()) resolve(done[index] === true);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  #insertBehind({ credential, expectedSeq, values }: Waiting): boolean {
    const last = this.#statements.last.get(credential);
    if (Number(last?.seq ?? 0) !== expectedSeq) return false;
    this.#statements.insert.run(...values);
    return true;
  }

  #transaction<T>(act: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const done = act();
      this.#database.exec('COMMIT');
      return done;
    } catch (error) {
      // Some errors, a full disk for one, have ended the transaction already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #record(row: Row<string>): AuditRecord {
    return recordOf({ ...row, entry: this.#entry(row.seq, row.entry) });
  }

  #entry(seq: number, text: string): AuditEntry {
    try {
      return JSON.parse(text) as AuditEntry;
    } catch (error) {
      throw new KeyturnError('invalid', `the audit ${this.#file} is damaged: the entry of record ${seq} is no JSON`, {
        fix: 'restore it from its backup',
        cause: error,
      });
    }
  }

  #guarded<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw asKeyturnError(error, this.#file);
    }
  }
}
