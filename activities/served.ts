import { type Bench, type OpenProvider, openTarget } from '../connectors/open.ts';
import { type KeyId, KeyturnError } from '../contract/index.ts';

/**
 * The last look before a key is refused: whatever has happened since the evidence was found, what a target serves stays.
 * @throws KeyturnError `conflict` naming the target.
 */
export async function refuseServed(on: Bench, { fields, provider }: OpenProvider, key: KeyId): Promise<void> {
  for (const target of on.job.credential.targets) {
    const place = await openTarget(on, target, fields);
    const current = await place.vault.read(on.ctx, 'current');
    if (current === 'absent' || (await provider.identify(on.ctx, place.value(current))) !== key) continue;
    throw new KeyturnError('conflict', `${target.name} serves ${key}, which is about to go`, {
      fix: `somebody else made it current: decide what ${target.name} should serve, put it there, and retry or resolve`,
    });
  }
}
