import { appendFileSync } from 'node:fs';
import { Connections } from './app-connections.ts';
import { listenForChanges } from './app-webhook.ts';

/**
 * The application: it queries the table `orders` all the time, on pooled connections and without any retry of its own. It knows
 * of Keyturn what every application would: where its database's URL stands, and a webhook that tells it to read that again.
 */
const workers = 5;
const pauseMs = 10;
const reportMs = 1_000;

const home = needed('KEYTURN_HOME');
const logFile = needed('APP_LOG');
const count = { queries: {} as Record<string, number>, failed: 0 };

function needed(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set`);
}

/** One line of JSON for each event. */
function log(event: string, fields: Record<string, unknown>): void {
  appendFileSync(logFile, `${JSON.stringify({ at: new Date().toISOString(), event, ...fields })}\n`);
}

async function keepQuerying(connections: Connections): Promise<never> {
  for (;;) {
    try {
      const login = await connections.readOrders();
      count.queries[login] = (count.queries[login] ?? 0) + 1;
    } catch (error) {
      count.failed += 1;
      const { code, message } = error as Error & { code?: string };
      log('query failed', { code, message });
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function main(): Promise<void> {
  const connections = new Connections({ home, secret: needed('APP_SECRET'), connections: workers, log });
  await connections.open();
  const port = await listenForChanges({
    connections,
    secretFile: needed('APP_WEBHOOK_SECRET_FILE'),
    traffic: () => count,
  });
  for (let worker = 0; worker < workers; worker += 1) void keepQuerying(connections);
  setInterval(() => log('traffic', { queries: { ...count.queries }, failed: count.failed }), reportMs);
  log('started', { pid: process.pid, port });
  process.send?.({ port });
}

process.once('SIGTERM', () => {
  log('stopped', { queries: count.queries, failed: count.failed });
  process.exit(0);
});

await main();
