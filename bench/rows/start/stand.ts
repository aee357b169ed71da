import { join } from 'node:path';
import type { Credential } from '../../../contract/index.ts';
import { catalogIn } from '../../catalog.ts';
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
  const declared = Array.from({ length: most }, (_, number) => {
    const id = `start/app-${number}`;
    return [id, { owner: 'bench', provider: { type: 'random' }, targets: [{ vault: 'file', secret: id }] }];
  });
  const credentials = await catalogIn(catalog, Object.fromEntries(declared));
  // What Node has compiled would stay in the user's own cache.
  const own = { KEYTURN_CATALOG: catalog, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  return { ...stand, folder, env: { ...env, ...own }, credentials };
}
