import type { Connected } from '../client/connect.ts';
import { KeyturnError } from '../contract/index.ts';
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
export async function ensureSearchAttributes(shell: Shell, { connection, namespace }: Connected): Promise<void> {
  const { missingSearchAttributes, registerSearchAttributes } = await import('../client/cluster.ts');
  const missing = await missingSearchAttributes(connection, namespace).catch((error: unknown) => {
    // Who may start rotations may not always list attributes: then the start itself says what is missing.
    if (grpcKind(error) === 'unauthorized') return [];
    throw error;
  });
  if (missing.length === 0) return;
  shell.out.say(`Registering the search attributes ${missing.join(', ')} in the namespace ${namespace} ...`);
  try {
    await registerSearchAttributes(connection, namespace);
  } catch (cause) {
    const names = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    throw new KeyturnError(
      'unauthorized',
      `the namespace ${namespace} lacks search attributes: ${missing.join(', ')}`,
      {
        fix: `have them registered: temporal operator search-attribute create --namespace ${namespace} ${names}`,
        cause,
      },
    );
  }
}
