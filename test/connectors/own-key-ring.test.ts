import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { appendEntry } from '../../connectors/audit/chain.ts';
import { keyRingFile } from '../../connectors/keyrings/file/index.ts';
import { openOwnKeyRing } from '../../connectors/keyrings/file/own.ts';
import { loadAudit } from '../../connectors/load.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {} };

test('a key ring is made at the very first start, and a lost one is never replaced', async () => {
  const home = await mkdtemp(join(tmpdir(), 'keyturn-ring-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const sink = await (await loadAudit('sqlite')).open(join(home, 'audit.db'));
  onTestFinished(() => sink.close());
  const { kid } = await (await openOwnKeyRing({ home, log, sink })).current('seal');
  await appendEntry(sink, {
    credential: 'a/b',
    rotation: 'r',
    at: '2026-01-01T00:00:00.000Z',
    kind: 'intent',
    effect: 'r/e',
    verb: 'mint',
  });
  await rename(keyRingFile(home), `${keyRingFile(home)}.lost`);
  await expect(openOwnKeyRing({ home, log, sink })).rejects.toMatchObject({
    kind: 'not-found',
    message: expect.stringContaining('is missing, but it has been in use'),
  });
  await rename(`${keyRingFile(home)}.lost`, keyRingFile(home));
  expect((await (await openOwnKeyRing({ home, log, sink })).current('seal')).kid).toBe(kid);
});
