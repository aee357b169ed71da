// Run by the file vault's tests as a process of its own: <what it does> <Keyturn's folder>.
import { writeSync } from 'node:fs';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { underLock } from '../../connectors/keyrings/file/lock.ts';
import { connector } from '../../connectors/vaults/file/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';

const [role = '', home = ''] = process.argv.slice(2);
const ctx = testContext({ home, keys: await openKeyRing(keyRingFile(home), { create: false }) });
const vault = connector.open(connector.schema.parse({ vault: 'file', secret: 'orders/db' }));
const say = (line: string) => writeSync(1, `${line}\n`);

async function current(): Promise<{ id: string; count: number }> {
  const stored = await vault.read(ctx, 'current');
  if (stored === 'absent') throw new Error('the vault is empty');
  return { id: stored.version.id, count: Number(stored.value.reveal().split(' ')[1]) };
}

const conflict = (error: unknown) => error instanceof KeyturnError && error.kind === 'conflict';

/** One rotation: writes the next number, makes it current, destroys the one before. */
async function step(): Promise<number | undefined> {
  const { id, count } = await current();
  try {
    const written = await vault.write(ctx, new Secret(`count ${count + 1} by ${process.pid}`), id);
    say(`about ${count + 1}`);
    await vault.moveCurrent(ctx, written.id, id);
    await vault.destroy(ctx, id);
    say(`done ${count + 1}`);
    return count + 1;
  } catch (error) {
    if (!conflict(error)) throw error;
    return undefined;
  }
}

/** What a process that was killed left pending is in everybody's way. */
async function clearPending(): Promise<void> {
  const stored = await vault.read(ctx, 'pending');
  if (stored !== 'absent') await vault.destroy(ctx, stored.version.id);
}

const roles: Record<string, () => Promise<void>> = {
  async forever() {
    await clearPending();
    for (;;) await step();
  },
  async ten() {
    for (let done = 0; done < 10; ) if ((await step()) !== undefined) done += 1;
  },
  async big() {
    const { id } = await current();
    const failure = await vault.write(ctx, new Secret('x'.repeat(60_000)), id).then(
      () => 'written',
      (error) => `${connector.classify(error)} ${error.code}`,
    );
    say(failure);
  },
  async hold() {
    await underLock(`${home}/vault/.lock`, () => {
      say('held');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });
  },
};
await roles[role]?.();
