import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { removeApplied } from '../e2e/support/scheduling.ts';
import { type Bench, startBench } from '../faults/real-bench.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { kinds } from './kinds.ts';
import { scheduledKinds } from './scheduled-kinds.ts';

/**
 * Histories of every kind of rotation, and of what begins scheduled ones, by the release that wrote them. The code of today has to be
 * able to go on with each: a rotation that sleeps for days lives through a deployment. `npm run histories` writes those of this release
 * anew, which is right only before it is published; `npm run histories -- -t <kind>` writes a kind that is new.
 */
const folder = new URL('./histories/', import.meta.url);
const release = new URL(`${packageJson.version}/`, folder);
const isRecording = process.env.KEYTURN_HISTORIES === 'record';

let bench: Bench | undefined;
let rotating: Rotating | undefined;
beforeAll(async () => {
  if (!isRecording) Runtime.install({ logger: new DefaultLogger('ERROR') });
  if (isRecording) [bench, rotating] = await Promise.all([startBench(), startRotating()]);
});
afterAll(async () => {
  if (rotating) await removeApplied();
  await Promise.all([bench?.stop(), rotating?.stop()]);
});

describe.runIf(isRecording).concurrent('written anew', { timeout: 180_000 }, () => {
  test.each(Object.entries(kinds))('%s', async (kind, tell) => {
    if (!bench) return expect.fail('there is no bench');
    const { handle } = await tell(bench);
    const { outcome } = await handle.result();
    expect([outcome, 'quarantined']).toContain(kind.split('-')[0]);
    await write(kind, handle);
  });

  test.each(Object.entries(scheduledKinds))('%s', async (kind, tell) => {
    if (!rotating) return expect.fail('there is no worker');
    await write(kind, await tell(rotating));
  });
});

async function write(kind: string, handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  const history = JSON.parse(historyToJSON(await handle.fetchHistory()));
  mkdirSync(release, { recursive: true });
  writeFileSync(new URL(`${kind}.json.gz`, release), gzipSync(JSON.stringify(withoutMachine(history)), { level: 9 }));
}

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

  test('every kind is recorded for this release', () => {
    const have = recorded.filter(({ name }) => name === packageJson.version).map(({ kind }) => kind);
    expect(have.sort()).toEqual([...Object.keys(kinds), ...Object.keys(scheduledKinds)].sort());
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

/** A workflow knows its own id, and refuses to be another's. */
function idOf(history: unknown): string {
  const { events } = history as { events: { workflowExecutionStartedEventAttributes?: { workflowId?: string } }[] };
  return events[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? 'unknown';
}
