import { chmod } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { seal, unseal } from '../../activities/seal.ts';
import { keyRingFile, openKeyRing, rotateRingKey } from '../../connectors/keyrings/file/index.ts';
import { type KeyRing, Secret } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';
import { credentialOf, storeFirst } from '../support/rotating.ts';
import { type Called, callable } from './support/activities.ts';

/** What hangs on the key ring's file. */

const target = { name: 'main', vault: 'file', secret: 'orders/token', value: 'raw' as const };
const value = 'correct horse battery staple';
const job = { rotation: 'r1', credential: credentialOf({ provider: { type: 'random' }, targets: [target] }) };

const opened: Called[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.stop()));
});

async function installation(keys?: KeyRing): Promise<Called> {
  const made = await callable({ keys });
  opened.push(made);
  return made;
}

/** As the rotation names the key that the target holds. */
async function nameOf({ activities, home, keys }: Called): Promise<string> {
  await storeFirst(testContext({ home, keys }), target, value);
  const { current } = await activities.inspectTarget({ job, target });
  return current === 'absent' ? expect.fail('it holds nothing') : current.keyId;
}

test('without the ring the name of a key says nothing of its value: in another installation it is another', async () => {
  const [here, there] = [await installation(), await installation()];
  const [name, other] = [await nameOf(here), await nameOf(there)];
  expect(name).toMatch(/^stored\/[\w-]{16}$/);
  expect(name).not.toBe(other);
  expect(await nameOf(here)).toBe(name);
});

test('accepted: with the ring a value can be guessed from its name', async () => {
  const victim = await installation();
  const name = await nameOf(victim);
  const stolen = await openKeyRing(keyRingFile(victim.home), { create: false });
  expect(await nameOf(await installation(stolen))).toBe(name);
});

test('a ring that others can read is refused, and what was sealed before it was rotated still opens', async () => {
  const { home, keys } = await installation();
  const sealed = await seal(keys, job, 'k', { value: new Secret(value) });
  await rotateRingKey(keyRingFile(home), 'seal');
  expect((await unseal(keys, job, 'k', sealed)).value?.reveal()).toBe(value);
  await chmod(keyRingFile(home), 0o640);
  await expect(unseal(keys, job, 'k', sealed)).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/is open to its group or to others \(mode 0640\)/),
  });
});
