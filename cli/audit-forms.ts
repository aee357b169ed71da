import type { AuditRecord } from '../contract/index.ts';
import { csvLine } from './csv.ts';

/** A form in which records are written down, one line each. */
export interface AuditForm {
  /** What stands before the first record. */
  head: string;
  lineOf(record: AuditRecord): string;
}

const columns = {
  credential: ({ entry }) => entry.credential,
  seq: ({ seq }) => seq,
  at: ({ entry }) => entry.at,
  kind: ({ entry }) => entry.kind,
  rotation: ({ entry }) => entry.rotation,
  verb: ({ entry }) => entry.verb,
  subject: ({ entry }) => entry.subject,
  outcome: ({ entry }) => entry.outcome,
  inferred: ({ entry }) => entry.inferred,
  by: ({ entry }) => entry.by,
  effect: ({ entry }) => entry.effect,
  detail: ({ entry }) => entry.detail && JSON.stringify(entry.detail),
  prev: ({ prev }) => prev,
  hash: ({ hash }) => hash,
  signature: ({ signature }) => signature,
} satisfies Record<string, (record: AuditRecord) => string | number | boolean | undefined>;

export const auditForms = {
  jsonl: { head: '', lineOf: (record) => `${JSON.stringify(record)}\n` },
  csv: {
    head: csvLine(Object.keys(columns)),
    lineOf: (record) => csvLine(Object.values(columns).map((cellOf) => cellOf(record))),
  },
} satisfies Record<string, AuditForm>;
