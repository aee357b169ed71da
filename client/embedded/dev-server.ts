import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { searchAttributes } from '../../contract/index.ts';
import { cacheFolder, type FindOptions, findTemporal } from './find-temporal.ts';

export interface DevServer {
  /** `host:port`. */
  address: string;
  stop(): Promise<void>;
}

export interface DevServerOptions extends FindOptions {
  /** Absent: in memory, gone when it stops. */
  databaseFile?: string;
  /** Absent: a free one. */
  port?: number;
  /** Temporal's web pages; absent: none. */
  uiPort?: number;
}

/**
 * What the server is told beyond its defaults; docs/performance.md says what a cluster of one's own gains by it.
 * - The first activity that a workflow's task asks for comes back with the answer to it, as from Temporal 1.32 on without being told
 *   (https://github.com/temporalio/temporal/pull/10651): a fifth less work for the server.
 * - A shard looks for new tasks when there are any, instead of 20 times a second: one workflow asks for more than that, one task after
 *   the other, and this server has one shard.
 * - What waits for a worker is put into one of a queue's four parts: from the others it is handed on once a second. All four are read:
 *   an earlier start may have left something there.
 */
export const serverSettings: Readonly<Record<string, boolean | number>> = {
  'system.enableActivityEagerExecution': true,
  'history.transferProcessorMaxPollRPS': 1_000,
  'matching.numTaskqueueWritePartitions': 1,
};

/** The same, for `temporal server start-dev`. */
export const serverSettingsArgs = Object.entries(serverSettings).flatMap(([name, value]) => [
  '--dynamic-config-value',
  `${name}=${value}`,
]);

/**
 * It is written in Go, which by default collects its garbage whenever what is in use has doubled: a sixth of its work. Less often, as long as
 * it stays within some memory (https://pkg.go.dev/runtime#hdr-Environment_Variables).
 */
export const serverEnvironment = { GOGC: '400', GOMEMLIMIT: '1GiB' } as const;

/** Starts Temporal's development server on this machine, with Keyturn's search attributes. */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const { databaseFile, port, uiPort } = options;
  const found = await findTemporal(options);
  if (databaseFile !== undefined) await mkdir(dirname(databaseFile), { recursive: true });
  const downloadDir = cacheFolder(options.env);
  if (found === 'download') await mkdir(downloadDir, { recursive: true });
  // The library hands its own environment on to the server.
  for (const [name, value] of Object.entries(serverEnvironment)) process.env[name] ??= value;
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable:
        found === 'download' ? { type: 'cached-download', downloadDir } : { type: 'existing-path', path: found },
      ip: '127.0.0.1',
      searchAttributes: Object.values(searchAttributes).map((name) => defineSearchAttributeKey(name, 'KEYWORD')),
      log: { format: 'json', level: 'error' },
      // Standard output is for results: the server's banner does not belong there.
      extraArgs: [
        '--output',
        'none',
        ...serverSettingsArgs,
        ...(databaseFile === undefined ? [] : ['--sqlite-pragma', 'journal_mode=WAL']),
      ],
      ...(databaseFile === undefined ? {} : { dbFilename: databaseFile }),
      ...(port === undefined ? {} : { port }),
      ...(uiPort === undefined ? {} : { ui: true, uiPort }),
    },
  });
  return { address: environment.address, stop: () => environment.teardown() };
}
