import { type Health, KeyturnError } from '../contract/index.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { Shell } from './shell.ts';

/** Longer than the worker waits for Temporal. */
const patienceMs = 6_000;

/** @throws KeyturnError `invalid` where no place is set, `transient` where no worker answers there. */
export async function askHealth({ out, settings }: Shell): Promise<ExitCode> {
  const { KEYTURN_HEALTH: place } = settings;
  if (!place) {
    throw new KeyturnError('invalid', 'KEYTURN_HEALTH is not set: no worker says there how it is', {
      fix: 'set it for the worker and for this command, for example to 9233',
    });
  }
  const health = await healthAt(nearby(place));
  const exitCode = health.ok ? exitCodes.ok : exitCodes.unreachable;
  out.result(`${health.ok ? 'healthy' : 'not healthy'}: ${words(health)}`);
  out.data({ ...health, exitCode });
  return exitCode;
}

/** A worker that listens on every address is asked on this machine's own. */
function nearby({ host, port }: { host: string; port: number }): string {
  const own = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `${own.includes(':') ? `[${own}]` : own}:${port}`;
}

async function healthAt(place: string): Promise<Health> {
  try {
    const answer = await fetch(`http://${place}/`, { signal: AbortSignal.timeout(patienceMs) });
    return (await answer.json()) as Health;
  } catch (cause) {
    throw new KeyturnError('transient', `no worker answers at ${place}`, {
      fix: 'start one with `keyturn worker` and the same KEYTURN_HEALTH',
      cause,
    });
  }
}

function words({ state, temporal }: Health): string {
  const working = state === 'RUNNING' ? 'it takes up work' : `it takes up no work (${state})`;
  return `${working}, Temporal ${temporal ? 'answers' : 'does not answer'}`;
}
