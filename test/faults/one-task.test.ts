import { expect, test } from 'vitest';
import { silent } from '../world/plain.ts';
import { startBench } from './real-bench.ts';

test('a consumer that says "failed", then "loaded", before anybody looks has loaded it', async () => {
  const bench = await startBench();
  try {
    const { says, until, end } = await bench.start({
      world: { consumers: [silent('app')] },
      credential: { refreshWithinMs: 500 },
    });
    await until(({ waits }) => waits.some((wait) => wait.name === 'consumer app' && wait.late));
    // With no worker to take them one by one, both come in one workflow task.
    await bench.stopped(async () => {
      await says({ consumer: 'app', keyId: 'K1', status: 'failed' });
      await says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
    });
    expect(await end()).toMatchObject({ outcome: 'rotated' });
  } finally {
    await bench.stop();
  }
});
