import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { expect, inject } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import { verifyChain } from '../../connectors/audit/verify.ts';
import type { Credential, Progress, RotationEnd } from '../../contract/index.ts';
import { settingsSchema, workflowIdOf } from '../../contract/index.ts';
import { createWorker } from '../../workers/worker.ts';
import { table } from '../../workflows/steps.ts';
import { type Cell, openCell } from '../e2e/matrix/cell.ts';
import { type Rotating, requestOf } from '../support/rotating.ts';
import type { Pair } from './diagonal.ts';
import { type Effect, strikes, struckLoaders } from './strike.ts';

const silent = () => {};
const ada = { by: 'ada', reason: 'test' };
const longMs = 120_000;
const lookMs = 200;
const limits = { stepMs: 40_000, settleMs: 40_000, refusalMs: 40_000, attemptMs: 5_000, pollMs: 200 };

/** One rotation of real systems, in which the first change of one step meets with one fault. */
export async function runPair(
  rotating: Rotating,
  pair: Pair,
  onEnd: (work: () => Promise<unknown>) => void,
): Promise<void> {
  const { provider, vault } = pair;
  const fails = pair.during === 'undo' && !provider.soaks;
  const cell = await openCell({ rotating, provider, places: [vault], fails, onEnd });
  const waits = pair.during === 'undo' && provider.soaks ? { soakMs: longMs } : {};
  const credential = cell.credential({ limits, ...waits });
  const worker = await startWorker(rotating, credential, pair);
  onEnd(worker.stop);
  const request = requestOf();
  const { handle } = await rotations.startOrJoin(rotating.client, credential, request, worker.taskQueue);
  const end = await endOf(handle, pair);
  expect(worker.struck(), `the fault struck; it ended ${end.outcome}: ${end.reason?.message ?? ''}`).toBe(true);
  expect(outcomes(pair), JSON.stringify(end.reason)).toContain(end.outcome);
  await expectOneKey(cell, end);
  await expectAudit(rotating, end);
}

const pivot = table.steps.findIndex((step) => step.pivot);
const forwardOnly = new Set(table.steps.slice(pivot).map(({ name }) => name));

/** Before the pivot a fault may turn it back; after it, or on the way back, there is one end. */
function outcomes({ during, fault, step }: Pair): RotationEnd['outcome'][] {
  if (during === 'undo') return ['restored'];
  if (forwardOnly.has(step)) return ['rotated'];
  return fault === 'denied' || fault === 'stranger' ? ['restored'] : ['rotated'];
}

type Handle = rotations.Started['handle'];

/** What is quarantined is well again by then: it is tried again. */
async function endOf(handle: Handle, { during, provider }: Pair): Promise<RotationEnd> {
  const ended = rotations.ended(handle);
  ended.catch(silent);
  let isBack = during === 'run' || !provider.soaks;
  for (;;) {
    const end = await Promise.race([ended, sleep(lookMs)]);
    if (end) return end;
    const now = await rotations.progress(handle);
    if (now.quarantine) await rotations.retry(handle, ada).catch(silent);
    if (isBack || !now.waits.some(({ name }) => name === 'soak')) continue;
    await rotations.rollBack(handle, ada);
    isBack = true;
  }
}

async function expectOneKey({ kind, side, targets }: Cell, { outcome }: RotationEnd): Promise<void> {
  for (const { document, form, place } of targets) {
    const now = await place.read();
    const key = form.read(now);
    expect(await side.use(key)).toBe('accepted');
    expect(await side.keys()).toEqual([side.nameOf(key)]);
    if (outcome !== 'rotated') expect(now).toBe(document);
    else expect(await side.use(side.first)).toMatch(kind.refusal);
  }
}

async function expectAudit({ keys, sink }: Rotating, end: RotationEnd): Promise<void> {
  const records = await sink.read(end.credential);
  const found = await verifyChain(records, { keys, ...(end.audit ? { head: end.audit } : {}) });
  expect(found).toMatchObject({ ok: true, head: end.audit, open: [] });
  const effects = (kind: string) => records.flatMap(({ entry }) => (entry.kind === kind ? [entry.effect] : []));
  expect(effects('result').sort()).toEqual([...new Set(effects('intent'))].sort());
}

/** A worker of its own, which can be stopped in the middle and comes back. */
async function startWorker(rotating: Rotating, credential: Credential, pair: Pair) {
  const native = await NativeConnection.connect({ address: inject('temporal').address });
  const taskQueue = `struck-${randomUUID()}`;
  let hasStruck = false;
  let running = Promise.resolve({ stop: async () => {} });
  const restart = () => {
    running = running.then(async ({ stop }) => {
      await stop();
      return work();
    });
    return running;
  };
  const kinds = strikes({ attemptMs: limits.attemptMs, crash: () => void restart() });
  const handle = rotating.client.workflow.getHandle(workflowIdOf(credential.id));
  const strike = async (effect: Effect) => {
    if (hasStruck || !isHere(await rotations.progress(handle as Handle), pair)) return effect.act();
    hasStruck = true;
    return kinds[pair.fault](effect);
  };
  const work = async () => {
    const { sink, worker } = await createWorker({
      connection: native,
      namespace: 'default',
      settings: settingsSchema.parse({ KEYTURN_HOME: rotating.home }),
      log: { debug: silent, info: silent, warn: silent },
      env: rotating.env,
      workflowBundle: { codePath: inject('temporal').bundlePath },
      taskQueue,
      graceMs: 100,
      load: struckLoaders(strike),
    });
    const done = worker.run();
    const stop = async () => {
      worker.shutdown();
      await done;
      await sink.close();
    };
    return { stop };
  };
  await restart();
  const stop = async () => {
    await (await running).stop();
    await native.close();
  };
  return { taskQueue, stop, struck: () => hasStruck };
}

function isHere({ steps }: Progress, { during, step }: Pair): boolean {
  const open = steps.find(({ status }) => status === 'running' || status === 'undoing');
  return open?.name === step && (open.status === 'undoing') === (during === 'undo');
}
