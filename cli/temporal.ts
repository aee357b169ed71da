import type { Connected } from '../client/connect.ts';
import { grpcKind } from './grpc-errors.ts';
import type { Shell } from './shell.ts';

/** Connects for the time of one command. @throws KeyturnError `transient` where nobody answers. */
export async function withTemporal<T>(shell: Shell, work: (temporal: Connected) => Promise<T>): Promise<T> {
  const { connect } = await import('../client/connect.ts');
  const temporal = await connect(shell.env);
  try {
    return await work(temporal);
  } finally {
    await temporal.close();
  }
}

/**
 * Registers the search attributes that a rotation sets, where they are missing.
 * @throws KeyturnError `unauthorized` saying how somebody with the right to do so registers them.
 */
export async function ensureSearchAttributes(
  { out }: Pick<Shell, 'out'>,
  { connection, namespace }: Pick<Connected, 'connection' | 'namespace'>,
): Promise<void> {
  const cluster = await import('../client/cluster.ts');
  const missing = await cluster.missingSearchAttributes(connection, namespace).catch((error: unknown) => {
    if (grpcKind(error) !== 'unauthorized') throw error;
    out.say(`You may not see whether the namespace ${namespace} has Keyturn's search attributes. Where it lacks them:`);
    out.say(`  ${cluster.registerCommand(namespace)}`);
    return [];
  });
  if (missing.length === 0) return;
  out.say(`Registering the search attributes ${missing.join(', ')} in the namespace ${namespace} ...`);
  try {
    await cluster.registerSearchAttributes(connection, namespace);
  } catch (error) {
    if (grpcKind(error) === 'transient') throw error;
    throw cluster.lacksSearchAttributes(namespace, missing, error);
  }
}
