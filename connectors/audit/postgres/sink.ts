import type { Pool, QueryResultRow } from 'pg';
import type { AuditEntry, AuditRecord, AuditSink, CredentialId } from '../../../contract/index.ts';
import { columns, type Row, recordOf, requireNext, valuesOf } from '../rows.ts';
import { asKeyturnError, wasFaster } from './errors.ts';

/** So much of a chain is asked for at a time. */
const pageSize = 1_000;

const statements = {
  // Of two that see the same last record the keys let one in; the other does nothing, also with the very same record.
  insert: `insert into keyturn_audit.records (credential, ${columns}) select $1, $2, $3, $4, $5, $6
    where $7 = (select coalesce(max(seq), 0) from keyturn_audit.records where credential = $1)
    on conflict do nothing`,
  read: `select ${columns} from keyturn_audit.records where credential = $1 and seq >= $2 order by seq limit ${pageSize}`,
  last: `select ${columns} from keyturn_audit.records where credential = $1 order by seq desc limit 1`,
  // From one credential to the next by the index, however many records each has.
  credentials: `with recursive found as (
      select min(credential) as credential from keyturn_audit.records
      union all
      select (select min(credential) from keyturn_audit.records where credential > found.credential)
      from found where found.credential is not null
    ) select credential from found where credential is not null order by credential`,
};

/** Each append is one statement, for which any number of workers can contend. */
export class PostgresSink implements AuditSink {
  readonly #pool: Pool;
  readonly #name: string;
  #closed: Promise<void> | undefined;

  constructor(pool: Pool, name: string) {
    this.#pool = pool;
    this.#name = name;
  }

  async append(record: AuditRecord, expectedSeq: number): Promise<boolean> {
    requireNext(record, expectedSeq);
    try {
      return await this.#insertBehind(record, expectedSeq);
    } catch (error) {
      if (wasFaster(error)) return false;
      const failed = asKeyturnError(error, this.#name);
      // The reply may have been lost after the record was taken.
      if (failed.kind === 'transient' && (await this.#stands(record))) return true;
      throw failed;
    }
  }

  async read(credential: CredentialId, fromSeq = 1): Promise<AuditRecord[]> {
    const records: AuditRecord[] = [];
    for (let from = fromSeq; ; ) {
      const page = await this.#rows<Row<AuditEntry>>(statements.read, [credential, from]);
      for (const row of page) records.push(recordOf(row));
      const last = page.at(-1);
      if (page.length < pageSize || !last) return records;
      from = last.seq + 1;
    }
  }

  async last(credential: CredentialId): Promise<AuditRecord | undefined> {
    const [row] = await this.#rows<Row<AuditEntry>>(statements.last, [credential]);
    return row && recordOf(row);
  }

  async credentials(): Promise<CredentialId[]> {
    const rows = await this.#rows<{ credential: string }>(statements.credentials, []);
    return rows.map(({ credential }) => credential);
  }

  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }

  async #insertBehind(record: AuditRecord, expectedSeq: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query(statements.insert, [...valuesOf(record), expectedSeq]);
    return rowCount === 1;
  }

  /** Only a yes says something: what is not there yet may still come. */
  async #stands({ entry, hash, seq }: AuditRecord): Promise<boolean> {
    try {
      const [there] = await this.read(entry.credential, seq);
      return there?.seq === seq && there.hash === hash;
    } catch {
      return false;
    }
  }

  async #rows<R extends QueryResultRow>(statement: string, values: readonly unknown[]): Promise<R[]> {
    try {
      const { rows } = await this.#pool.query<R>(statement, [...values]);
      return rows;
    } catch (error) {
      throw asKeyturnError(error, this.#name);
    }
  }
}
