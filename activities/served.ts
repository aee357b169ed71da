import { type Bench, type OpenProvider, openTarget } from '../connectors/open.ts';
import { type KeyId, KeyturnError } from '../contract/index.ts';
import { othersStandStill } from './ledger.ts';

/**
 * The last look before a key is refused: whatever has happened since the evidence was found, what a target serves stays. An attempt that
 * was cut off, by force or a reset, may still make it current: that is waited for.
 * @throws KeyturnError `conflict` naming the target, `transient` while such an attempt may be under way.
 */
export async function refuseServed(on: Bench, { fields, provider }: OpenProvider, key: KeyId): Promise<void> {
  await othersStandStill(on);
  for (const target of on.job.credential.targets) {
    const place = await openTarget(on, target, fields);
    const current = await place.vault.read(on.ctx, 'current');
    if (current === 'absent' || (await provider.identify(on.ctx, place.value(current))) !== key) continue;
    throw new KeyturnError('conflict', `${target.name} serves ${key}, which is about to go`, {
      fix: `somebody else made it current: decide what ${target.name} should serve, put it there, and retry or resolve`,
    });
  }
}
