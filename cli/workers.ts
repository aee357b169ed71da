import { setTimeout as sleep } from 'node:timers/promises';
import { hasWorkers } from '../client/cluster.ts';
import type { Connected } from '../client/connect.ts';
import { type Credential, KeyturnError, mainQueue, siteQueue } from '../contract/index.ts';

const patienceMs = 3_000;
const lookMs = 250;

/**
 * Waits a moment for the workers that a rotation needs: one for the lifecycle and, where the credential names a site,
 * one there.
 * @throws KeyturnError `transient` naming the queue that nobody serves.
 */
export async function requireWorkers(
  temporal: Connected,
  { id, site }: Credential,
  meanwhile = 'the rotation stays open and waits for one',
): Promise<void> {
  const giveUpMs = Date.now() + patienceMs;
  for (;;) {
    const missing = await missingQueue(temporal, site);
    if (missing === undefined) return;
    if (Date.now() > giveUpMs) throw nobody(id, missing, meanwhile);
    await sleep(lookMs);
  }
}

interface Queue {
  name: string;
  start: string;
}

async function missingQueue(
  { connection, namespace }: Connected,
  site: string | undefined,
): Promise<Queue | undefined> {
  const queues: Queue[] = [{ name: mainQueue, start: 'keyturn worker' }];
  if (site !== undefined) queues.push({ name: siteQueue(site), start: `keyturn worker --site ${site}` });
  for (const queue of queues) if (!(await hasWorkers(connection, namespace, queue.name))) return queue;
  return undefined;
}

function nobody(id: string, { name, start }: Queue, meanwhile: string): KeyturnError {
  return new KeyturnError('transient', `no worker serves the queue ${name}; ${meanwhile}`, {
    fix: `start one with \`${start}\`, then watch with \`keyturn status ${id}\``,
  });
}
