import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type Bench, startBench } from '../faults/real-bench.ts';
import { kinds } from './kinds.ts';

/**
 * Histories of every kind of rotation, by the release that wrote them. The code of today has to be able to go on with each: a
 * rotation that sleeps for days lives through a deployment. `npm run histories` writes those of this release anew, which is right
 * only before it is published.
 */
const folder = new URL('./histories/', import.meta.url);
const release = new URL(`${packageJson.version}/`, folder);
const isRecording = process.env.KEYTURN_HISTORIES === 'record';

let bench: Bench | undefined;
beforeAll(async () => {
  if (!isRecording) Runtime.install({ logger: new DefaultLogger('ERROR') });
  if (isRecording) bench = await startBench();
});
afterAll(() => bench?.stop());

describe.runIf(isRecording).concurrent('written anew', () => {
  test.each(Object.entries(kinds))('%s', async (kind, tell) => {
    if (!bench) return expect.fail('there is no bench');
    const { handle } = await tell(bench);
    const { outcome } = await handle.result();
    expect([outcome, 'quarantined']).toContain(kind.split('-')[0]);
    const history = JSON.parse(historyToJSON(await handle.fetchHistory()));
    mkdirSync(release, { recursive: true });
    writeFileSync(new URL(`${kind}.json.gz`, release), gzipSync(JSON.stringify(withoutMachine(history)), { level: 9 }));
  });
});

/** Who wrote it, and under which names of this run. */
function withoutMachine(history: unknown): unknown {
  return JSON.parse(JSON.stringify(history), (name, value) => {
    if (name === 'identity' || name === 'normalName') return 'recorded';
    if (name === 'taskQueue' && typeof value?.name === 'string') return { ...value, name: 'recorded' };
    return value;
  });
}

describe.skipIf(isRecording)('goes on with what earlier code has begun', () => {
  const releases = existsSync(folder) ? readdirSync(folder) : [];
  const recorded = releases.flatMap((name) =>
    readdirSync(new URL(`${name}/`, folder)).map((file) => ({ name, kind: file.replace('.json.gz', '') })),
  );

  test('every kind of rotation is recorded for this release', () => {
    const have = recorded.filter(({ name }) => name === packageJson.version).map(({ kind }) => kind);
    expect(have.sort()).toEqual(Object.keys(kinds).sort());
  });

  test.each(recorded)('$name: $kind', async ({ name, kind }) => {
    const history: unknown = JSON.parse(read(new URL(`${name}/${kind}.json.gz`, folder)));
    const { bundlePath } = inject('temporal');
    const options = { workflowBundle: { codePath: bundlePath }, replayName: kind };
    await Worker.runReplayHistory(options, history as Parameters<typeof Worker.runReplayHistory>[1], idOf(history));
  });

  test('a history that differs in one activity is refused', async () => {
    const history = read(new URL('rotated.json.gz', release)).replaceAll('"writeTarget"', '"wroteTarget"');
    const { bundlePath } = inject('temporal');
    const options = { workflowBundle: { codePath: bundlePath }, replayName: 'altered' };
    const altered: unknown = JSON.parse(history);
    const replaying = Worker.runReplayHistory(options, altered as never, idOf(altered));
    await expect(replaying).rejects.toThrow(/nondeterminism/i);
  });
});

function read(file: URL): string {
  return gunzipSync(readFileSync(file)).toString();
}

/** The workflow knows its own id, and refuses to be another's. */
function idOf(history: unknown): string {
  const id = /"id":"(faults\/[^"]+)"/.exec(decoded(history))?.[1];
  return `rotation/${id ?? 'unknown'}`;
}

function decoded(history: unknown): string {
  const { events } = history as {
    events: { workflowExecutionStartedEventAttributes?: { input?: { payloads?: { data?: string }[] } } }[];
  };
  const [payload] = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return Buffer.from(payload?.data ?? '', 'base64').toString();
}
