import type { Connected } from '../client/connect.ts';
import type { History } from '../client/history.ts';
import { type Retrying, retrying } from '../client/pending.ts';
import { rotationOf } from '../client/rotations.ts';
import { endOf } from '../connectors/audit/age.ts';
import type { AuditRecord, Evidence, Progress, RotationEnd, RotationId } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { openExistingSink } from './audit-sink.ts';
import { exitCodeOfError, exitCodes } from './exit-codes.ts';
import { lastIn, unknownRotation } from './last-rotation.ts';
import type { Shell } from './shell.ts';
import { withTemporal } from './temporal.ts';
import { ask } from './watch.ts';

/** What is known of one rotation, from wherever it still is. */
export interface Past {
  rotation: RotationId | undefined;
  history?: History;
  /** As its worker tells it. */
  progress?: Progress;
  retrying: Retrying[];
  /** Of this rotation only. */
  records: AuditRecord[];
  /** Absent while it is open, and where it was ended by force. */
  end?: RotationEnd;
  evidence: readonly Evidence[];
  /** Why it is not all that there was. */
  missing: string[];
}

export interface Wanted {
  credential: string;
  /** Absent: the last one. */
  rotation?: RotationId;
  /** In the form of KEYTURN_AUDIT. */
  audit?: string;
}

/** @throws KeyturnError `not-found` where nothing is known of it; `transient` where nobody could be asked. */
export async function pastOf(shell: Shell, wanted: Wanted): Promise<Past> {
  const { credential } = wanted;
  const missing: string[] = [];
  const chain = await chainOf(shell, wanted, missing);
  const live = await fromTemporal(shell, wanted, chain !== undefined, missing);
  const rotation = live ? live.history.rotation : (wanted.rotation ?? lastIn(chain ?? []));
  const records = (chain ?? []).filter(({ entry }) => entry.rotation === rotation);
  if (!live && records.length === 0)
    throw unknownRotation('neither Temporal nor the audit knows', credential, wanted.rotation, chain ?? []);
  const close = records.findLast(({ entry }) => entry.kind === 'close');
  const end = live?.history.over?.end ?? (close && endOf(close));
  const evidence =
    (close?.entry.detail?.evidence as readonly Evidence[] | undefined) ?? (end?.evidence ? [end.evidence] : []);
  return { rotation, retrying: [], ...live, records, ...(end && { end }), evidence, missing };
}

async function chainOf(shell: Shell, wanted: Wanted, missing: string[]): Promise<AuditRecord[] | undefined> {
  const sink = await openExistingSink(shell, wanted.audit).catch((error: unknown) => {
    // An audit that was named has to be there.
    if (wanted.audit !== undefined || !(error instanceof KeyturnError && error.kind === 'not-found')) throw error;
    missing.push(`${error.message}: no effects and no evidence`);
    return undefined;
  });
  if (!sink) return undefined;
  try {
    return await sink.read(wanted.credential);
  } finally {
    await sink.close();
  }
}

type Live = Pick<Past, 'progress' | 'retrying'> & { history: History };

async function fromTemporal(
  shell: Shell,
  wanted: Wanted,
  hasAudit: boolean,
  missing: string[],
): Promise<Live | undefined> {
  try {
    const live = await withTemporal(shell, (temporal) => liveOf(temporal, wanted));
    if (!live) missing.push('Temporal has no history of it, or no longer: from the audit alone');
    else if (!live.progress) missing.push('no worker answers: the steps themselves are not shown');
    return live;
  } catch (error) {
    if (!hasAudit || exitCodeOfError(error) !== exitCodes.unreachable) throw error;
    missing.push(`${error instanceof KeyturnError ? error.message : 'Temporal does not answer'}: from the audit alone`);
    return undefined;
  }
}

/** What the steps were called is nice to have: one that never began does not even answer. */
const briefMs = 2_000;

async function liveOf(temporal: Connected, { credential, rotation }: Wanted): Promise<Live | undefined> {
  const { historyOf } = await import('../client/history.ts');
  const { client } = temporal;
  const history = await historyOf(client, credential, rotation);
  if (!history) return undefined;
  const { workflowId } = rotationOf(client, credential);
  const handle: ReturnType<typeof rotationOf> = client.workflow.getHandle(workflowId, history.runId);
  const progress = await ask(temporal, handle, briefMs).catch(() => undefined);
  const again = history.over ? [] : await retrying(handle);
  return { history, retrying: again, ...(progress && { progress }) };
}
