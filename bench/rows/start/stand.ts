import { join } from 'node:path';
import { declarationOf } from '../../../catalog/declaration.ts';
import type { Credential } from '../../../contract/index.ts';
import { catalogIn, storedValue } from '../../catalog.ts';
import type { Bench } from '../../row.ts';
import * as common from '../../stand.ts';

export interface Stand extends common.Stand {
  /** Each target holds nothing: a rotation ends at its first look, so that little but the start is measured. */
  credentials: readonly Credential[];
}

const most = 50;

export async function openStand(bench: Bench): Promise<Stand> {
  const { env, folder, ...stand } = await common.openStand(bench);
  const catalog = join(folder, 'keyturn.yaml');
  const declared = Array.from({ length: most }, (_, number) => storedValue(`start/app-${number}`));
  const credentials = (await catalogIn(catalog, Object.fromEntries(declared))).map(declarationOf);
  // What Node has compiled would stay in the user's own cache.
  const own = { KEYTURN_CATALOG: catalog, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  return { ...stand, folder, env: { ...env, ...own }, credentials };
}
