import { Readable } from 'node:stream';
import type { DeclaredCredential } from '../catalog/index.ts';
import type { Overview } from '../client/overview.ts';
import { KeyturnError } from '../contract/index.ts';
import { type Due, dueOf, type LastRotated, lastRotated } from './age.ts';
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
  /** Without the audit there is nothing to show. */
  needsAudit: boolean;
}

/**
 * Looks at every credential; what cannot be reached is said, and left out.
 * @throws KeyturnError `transient` where neither Temporal nor the audit tells anything.
 */
export async function inventoryOf(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  options: InventoryOptions,
): Promise<Inventory> {
  const rotated = await fromAudit(shell, credentials, options);
  const overviews = await fromTemporal(shell, credentials, rotated !== undefined);
  const now = Date.now();
  const items = credentials.map((credential) => {
    const overview = overviews?.get(credential.id);
    return { ...itemOf(credential, rotated?.get(credential.id) ?? 'unknown', now), ...(overview && { overview }) };
  });
  return { items, temporal: overviews !== undefined, audit: rotated !== undefined };
}

function itemOf(credential: DeclaredCredential, rotated: Item['rotated'], now: number): Item {
  const { maxAgeMs } = credential;
  // Another machine's clock may be a little ahead.
  const ageMs = typeof rotated === 'string' ? undefined : Math.max(0, now - Date.parse(rotated.madeAt));
  const due = maxAgeMs === undefined || rotated === 'unknown' ? undefined : dueOf(ageMs, maxAgeMs);
  return { credential, rotated, ...(ageMs !== undefined && { ageMs }), ...(due && { due }) };
}

/** When each was last rotated. @returns undefined where the audit cannot be read and need not be. */
export async function fromAudit(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  { audit, needsAudit }: InventoryOptions,
): Promise<Map<string, Item['rotated']> | undefined> {
  const sink = await openExistingSink(shell, audit).catch((error: unknown) => {
    if (needsAudit || !(error instanceof KeyturnError)) throw error;
    shell.out.say(`${error.message}: when a credential was last rotated is not known`);
    return undefined;
  });
  if (!sink) return undefined;
  try {
    const found = new Map<string, Item['rotated']>();
    for (const { id } of credentials) found.set(id, lastRotated(await sink.read(id)) ?? 'never');
    return found;
  } finally {
    await sink.close();
  }
}

/** So many calls at once: a catalog may have thousands of credentials. */
const concurrency = 20;

async function fromTemporal(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  hasAudit: boolean,
): Promise<Map<string, Overview> | undefined> {
  const { overviewOf } = await import('../client/overview.ts');
  try {
    return await withTemporal(shell, async ({ client }) => {
      const look = async ({ id }: DeclaredCredential) => [id, await overviewOf(client, id)] as const;
      return new Map(await Readable.from(credentials).map(look, { concurrency }).toArray());
    });
  } catch (error) {
    if (!hasAudit || exitCodeOfError(error) !== exitCodes.unreachable) throw error;
    const why = error instanceof KeyturnError ? error.message : 'Temporal does not answer';
    shell.out.say(`${why}: what is open and when rotations are due is not known`);
    return undefined;
  }
}
