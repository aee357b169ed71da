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

/** Each append is one transaction under the database's write lock, which any number of processes can contend for. */
export class SqliteSink implements AuditSink {
  readonly #database: DatabaseSync;
  readonly #file: string;
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
    return this.#guarded(() => this.#transaction(() => this.#insertBehind(record, expectedSeq)));
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
    if (this.#database.isOpen) this.#database.close();
  }

  #insertBehind(record: AuditRecord, expectedSeq: number): boolean {
    const last = this.#statements.last.get(record.entry.credential);
    if (Number(last?.seq ?? 0) !== expectedSeq) return false;
    this.#statements.insert.run(...valuesOf(record));
    return true;
  }

  #transaction(act: () => boolean): boolean {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const done = act();
      this.#database.exec(done ? 'COMMIT' : 'ROLLBACK');
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
