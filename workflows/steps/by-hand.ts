import { tellPeople } from '../notices.ts';
import { baselineOf, checkpoint, patient, type Run } from '../run.ts';
import { attend, attendTo } from '../waiting.ts';
import { placeOfOld } from './delete.ts';

/**
 * A person revokes what Keyturn cannot. Where the provider can be asked, its refusal lets the rotation go on; else the person's word. Until then
 * the known-good still works, as far as anybody knows, and the way back is open.
 */
export async function revokedByHand(run: Run): Promise<void> {
  const { going, powers } = baselineOf(run);
  const { where = 'its provider' } = powers.byHand ?? {};
  for (const old of going) {
    checkpoint(run);
    const place = powers.verifies ? placeOfOld(run, old) : undefined;
    tellToRevoke(run, { revoked: `revoke ${old.id} at ${where}`, isProven: place !== undefined });
    const detail = `until a person has revoked ${old.id} at ${where}`;
    if (!place) await attendTo(run, { name: 'revocation', detail }, () => false);
    else {
      const look = () => patient(run, `see whether ${old.id} is refused`).proveRefused({ job: run.job, ...place });
      await attend(run, { name: 'proof of revocation', detail, mustHold: true }, look);
    }
  }
}

function tellToRevoke(run: Run, { isProven, revoked }: { revoked: string; isProven: boolean }): void {
  const { id: credential } = run.credential;
  const then = isProven
    ? 'nothing else: it is seen when it is refused'
    : `when that is done: keyturn proceed ${credential} --wait revocation`;
  void tellPeople(run, revoked, {
    kind: 'revocation wanted',
    text: `${credential} uses its new value everywhere: its old key can be revoked by hand`,
    todo: [revoked, then, `or go back, if it still works: keyturn rollback ${credential}`],
  });
}
