import { Readable } from 'node:stream';
import type { DeclaredCredential } from '../catalog/index.ts';
import type { Overview } from '../client/overview.ts';
import { agesFrom, type Due, dueOf, type LastRotated, lastRotated } from '../connectors/audit/age.ts';
import { type AuditRecord, type Instant, KeyturnError } from '../contract/index.ts';
import { openExistingSink } from './audit-sink.ts';
import { exitCodeOfError, exitCodes } from './exit-codes.ts';
import type { Shell } from './shell.ts';
import { withTemporal } from './temporal.ts';

/** A credential of the catalog, with what Temporal and the audit know of it. */
export interface Item {
  credential: DeclaredCredential;
  /** Absent where Temporal could not be asked. */
  overview?: Overview;
  /** `unknown` where the audit could not be read. */
  rotated: LastRotated | 'never' | 'unknown';
  ageMs?: number;
  /** Absent where no greatest age is promised, or nobody can say. */
  due?: Due;
}

export interface Inventory {
  items: Item[];
  temporal: boolean;
  audit: boolean;
}

export interface InventoryOptions {
  /** In the form of KEYTURN_AUDIT. */
  audit?: string;
  /** What has to be there for it to be worth showing: the audit, one of Temporal and the audit, or neither. */
  needs: 'audit' | 'either' | 'nothing';
  /** By what the audit says: of the others Temporal, which is asked about each, need not be asked. */
  only?: (item: Item) => boolean;
}

/**
 * Looks at every credential; what cannot be reached is said, and left out.
 * @throws KeyturnError for what is needed and cannot be reached.
 */
export async function inventoryOf(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  options: InventoryOptions,
): Promise<Inventory> {
  const audited = await fromAudit(shell, credentials, options);
  const now = Date.now();
  const wanted = credentials
    .map((credential) => itemOf(credential, audited?.get(credential.id), now))
    .filter(options.only ?? (() => true));
  const mayFail = options.needs === 'nothing' || audited !== undefined;
  const overviews = await fromTemporal(
    shell,
    wanted.map(({ credential }) => credential),
    mayFail,
  );
  const items = wanted.map((item) => {
    const overview = overviews?.get(item.credential.id);
    return { ...item, ...(overview && { overview }) };
  });
  return { items, temporal: overviews !== undefined, audit: audited !== undefined };
}

interface Audited {
  rotated: LastRotated | 'never';
  agesFrom: Instant | undefined;
}

function auditedOf(records: readonly AuditRecord[]): Audited {
  return { rotated: lastRotated(records) ?? 'never', agesFrom: agesFrom(records) };
}

function itemOf(credential: DeclaredCredential, audited: Audited | undefined, now: number): Item {
  const { maxAgeMs } = credential;
  const { agesFrom, rotated = 'unknown' } = audited ?? {};
  // Another machine's clock may be a little ahead.
  const ageMs = agesFrom === undefined ? undefined : Math.max(0, now - Date.parse(agesFrom));
  const due = maxAgeMs === undefined || rotated === 'unknown' ? undefined : dueOf(ageMs, maxAgeMs);
  return { credential, rotated, ...(ageMs !== undefined && { ageMs }), ...(due && { due }) };
}

/** When each was last rotated. @returns undefined where the audit cannot be read and need not be. */
export async function fromAudit(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  { audit, needs }: InventoryOptions,
): Promise<Map<string, Audited> | undefined> {
  const sink = await openExistingSink(shell, audit).catch((error: unknown) => {
    if (needs === 'audit' || !(error instanceof KeyturnError)) throw error;
    shell.out.say(`${error.message}: when a credential was last rotated is not known`);
    return undefined;
  });
  if (!sink) return undefined;
  try {
    const found = new Map<string, Audited>();
    for (const { id } of credentials) found.set(id, auditedOf(await sink.read(id)));
    return found;
  } finally {
    await sink.close();
  }
}

/** So many calls at once. */
const concurrency = 20;
/** Each is asked about, as it stands at this moment; of more than these what Temporal lists is good enough. */
const fewMost = 100;

async function fromTemporal(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  mayFail: boolean,
): Promise<Map<string, Overview> | undefined> {
  const { overviewOf, overviews } = await import('../client/overview.ts');
  try {
    return await withTemporal(shell, async ({ client }) => {
      const listed = credentials.length > fewMost ? await overviews(client) : undefined;
      const look = async ({ id }: DeclaredCredential) => [id, listed?.(id) ?? (await overviewOf(client, id))] as const;
      return new Map(await Readable.from(credentials).map(look, { concurrency }).toArray());
    });
  } catch (error) {
    if (!mayFail || exitCodeOfError(error) !== exitCodes.unreachable) throw error;
    const why = error instanceof KeyturnError ? error.message : 'Temporal does not answer';
    shell.out.say(`${why}: what is open and when rotations are due is not known`);
    return undefined;
  }
}
