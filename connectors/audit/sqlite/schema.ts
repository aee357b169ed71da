import type { DatabaseSync } from 'node:sqlite';
import { KeyturnError } from '../../../contract/index.ts';

const schemaVersion = 1;
/** `KTau`, so that another program's database is not taken for an audit (sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x4b_54_61_75;

// `INSERT OR REPLACE` removes rows without any delete trigger; the insert trigger refuses it.
const schema = `
  CREATE TABLE records (
    credential TEXT NOT NULL,
    seq INTEGER NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    entry TEXT NOT NULL,
    signature TEXT,
    PRIMARY KEY (credential, seq)
  ) STRICT;
  CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER records_follow_each_other BEFORE INSERT ON records
    WHEN NEW.seq <> 1 + (SELECT coalesce(max(seq), 0) FROM records WHERE credential = NEW.credential)
    BEGIN SELECT RAISE(ABORT, 'a record follows the last one'); END;
`;

export function makeSchema(database: DatabaseSync): void {
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA application_id = ${applicationId};`);
  database.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT;`);
}

/** @throws KeyturnError `invalid` for another program's database, or one that a newer Keyturn wrote. */
export function checkSchema(database: DatabaseSync, file: string): void {
  const found = pragma(database, 'user_version');
  if (pragma(database, 'application_id') !== applicationId) {
    throw new KeyturnError('invalid', `${file} is no audit of Keyturn's`, {
      fix: 'name another file in KEYTURN_AUDIT',
    });
  }
  if (found === schemaVersion) return;
  throw new KeyturnError('invalid', `the audit ${file} has schema ${found}; this Keyturn knows ${schemaVersion}`, {
    fix: 'use the Keyturn version that wrote it, or a newer one',
  });
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
