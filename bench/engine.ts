import { connect } from '../client/connect.ts';
import { startTemporal } from '../test/crash/stand/temporal.ts';

/** A Temporal server that runs. */
export interface Server {
  address: string;
  /** Its processes, a database of its own among them. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

const versions: Record<string, string> = {};

/** What has been started so far, with its version: for the report. */
export function servers(): Record<string, string> {
  return { ...versions };
}

/** Temporal's development server. @param databaseFile absent: in memory. */
export async function startDev(databaseFile?: string): Promise<Server> {
  const server = await startTemporal(databaseFile);
  await noteVersion('dev', server.address);
  return { address: server.address, pids: () => [server.pid()], stop: () => server.kill() };
}

export async function noteVersion(engine: string, address: string): Promise<void> {
  const { close, connection } = await connect({ TEMPORAL_ADDRESS: address });
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  versions[engine] = serverVersion ?? 'unknown';
  await close();
}
