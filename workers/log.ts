import { DefaultLogger, type LogEntry, type Logger } from '@temporalio/worker';
import { type Logger as Pino, pino } from 'pino';
import type { Log, Settings } from '../contract/index.ts';

/** One line of JSON for each entry, on standard error: standard output is for results. */
export function processLog(level: Settings['KEYTURN_LOG']): Pino {
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}

export function contractLog(log: Pino): Log {
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
  };
}

/** The SDK's own log through the same door. */
export function sdkLogger(log: Pino): Logger {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
  return new DefaultLogger('INFO', ({ level, message, meta }: LogEntry) => {
    const { error, ...rest } = (meta ?? {}) as { error?: unknown };
    const failure = error instanceof Error ? { error: error.message } : {};
    log[levels[level]]({ ...rest, ...failure }, message);
  });
}
