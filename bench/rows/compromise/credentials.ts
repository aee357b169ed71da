import { join } from 'node:path';
import type { Credential } from '../../../contract/index.ts';
import { catalogIn } from '../../catalog.ts';
import { makeReal, type Real } from '../../real.ts';
import type { Bench } from '../../row.ts';
import type { Stand } from '../../stand.ts';

/** Each with one consumer, and the catalog that declares them. */
export interface Logins extends Real {
  catalog: string;
}

const prefix = 'compromise';
export const selection = `${prefix}/**`;

export async function makeLogins(bench: Bench, stand: Stand, count: number): Promise<Logins> {
  const real = await makeReal(bench, stand, { count, prefix });
  const catalog = join(stand.folder, 'keyturn.yaml');
  await catalogIn(catalog, Object.fromEntries(real.credentials.map(declared)));
  return { ...real, catalog };
}

function declared({ consumers, id, owner, provider, targets }: Credential): [id: string, declared: object] {
  return [id, { owner, provider, targets, consumers, grace: 0, soak: 0 }];
}
