import { KeyturnError } from '../../../contract/index.ts';
import { classify, stateOf } from '../../postgres/classify.ts';

const setUp = 'set it up as connectors/audit/postgres/README.md says, then run `keyturn audit migrate`';

/** By the server's own code (SQLSTATE). */
const fixes: Readonly<Record<string, string>> = {
  '3D000': setUp,
  '3F000': setUp,
  '42704': setUp,
  '42P01': setUp,
  '42501': 'make the login a member of keyturn_audit_writer, or to migrate of keyturn_audit_owner',
  '25006': 'the server is a standby: name the primary',
  '55P03': 'somebody else holds it, another migration perhaps: try again',
};

/** An audit sink has no `classify`: it gives its errors their kind itself. Others than PostgreSQL's are transient. */
export function asKeyturnError(error: unknown, name: string): KeyturnError {
  if (error instanceof KeyturnError) return error;
  const { code, message } = error as { code?: string; message: string };
  const { sqlstate = '' } = stateOf(error) ?? {};
  // A host with several addresses fails with an error that says nothing but its code.
  const why = message || String(code);
  const fix = fixes[sqlstate];
  const kind = sqlstate === '3F000' ? 'not-found' : (classify(error) ?? 'transient');
  return new KeyturnError(kind, `the audit ${name}: ${why}`, { ...(fix && { fix }), cause: error });
}

/** The chain was extended by somebody whom this transaction must not see: under the stricter isolation levels. */
export function wasFaster(error: unknown): boolean {
  return stateOf(error)?.sqlstate === '40001';
}
