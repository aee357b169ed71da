import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt, Deps } from '../connectors/deps.ts';
import { keyRingFile, openKeyRing } from '../connectors/keyrings/file/index.ts';
import { loadConsumer, loadProvider, loadVault } from '../connectors/load.ts';
import { type Bench, bench } from '../connectors/open.ts';
import type { AuditSink, Credential, KeyRing, Log } from '../contract/index.ts';
import type { Shell } from './shell.ts';

export { checkReferences, openProvider, openTarget } from '../connectors/open.ts';
export type { Bench };

export interface BenchOptions {
  sink: AuditSink;
  keys: KeyRing;
  /** Stands in the audit where a rotation's id would. */
  rotation: string;
  /** Default: the time of one attempt of the credential. */
  withinMs?: number | undefined;
}

/** What a command needs to work with a credential's connectors, each behind its guard, in this process. */
export function commandBench(shell: Shell, credential: Credential, options: BenchOptions): Bench {
  const { keys, rotation, sink, withinMs = credential.limits.attemptMs } = options;
  const deps: Deps = {
    attempt: () => attempt(withinMs),
    loadProvider,
    loadVault,
    loadConsumer,
    keys,
    sink,
    home: shell.home,
    env: shell.env,
    readFile: (path) => readFile(path, 'utf8'),
    log: logOf(shell),
  };
  return bench(deps, { rotation, credential });
}

/** For commands that only look: nothing may be written down, because nothing may be changed. */
export function readingBench(shell: Shell, credential: Credential, withinMs?: number): Bench {
  return commandBench(shell, credential, { sink: noSink, keys: existingKeyRing(shell), rotation: 'check', withinMs });
}

/** Opened at its first use, so that commands that need no key work before there is a ring; never made. */
export function existingKeyRing(shell: Shell): KeyRing {
  const open = () => openKeyRing(keyRingFile(shell.home), { create: false });
  return {
    current: async (purpose) => (await open()).current(purpose),
    byId: async (purpose, kid) => (await open()).byId(purpose, kid),
  };
}

function attempt(attemptMs: number): Attempt {
  const cancelled = AbortSignal.timeout(attemptMs);
  return {
    call: randomUUID(),
    number: 1,
    now: () => Date.now(),
    random: (bytes) => randomBytes(bytes),
    sleep: (ms) => sleep(ms, undefined, { signal: cancelled }),
    heartbeat: () => {},
    cancelled,
  };
}

const refuse = () => Promise.reject(new TypeError('a command that only looks has nothing to audit'));
const noSink: AuditSink = {
  append: refuse,
  read: refuse,
  last: refuse,
  credentials: refuse,
  close: async () => {},
};

export function logOf({ out, settings }: Shell): Log {
  const line = (message: string, fields?: Record<string, unknown>) => {
    if (settings.KEYTURN_LOG === 'debug') out.say(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  return { debug: line, info: line, warn: line };
}
