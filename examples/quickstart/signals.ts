const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves when somebody wants the end; asked a second time, it ends at once. What libraries listen for since they were loaded is
 * taken away: they would end the process in the middle of the clean-up.
 */
export function wantedEnd(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let told = false;
    for (const signal of ending) {
      process.removeAllListeners(signal);
      process.on(signal, () => {
        if (told) process.exit(1);
        told = true;
        resolve(signal);
      });
    }
  });
}

/** Takes away what `work` makes others listen for. */
export async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const before = ending.map((signal) => process.listeners(signal));
  const result = await work();
  for (const [index, signal] of ending.entries()) {
    const added = process.listeners(signal).filter((listener) => !before[index]?.includes(listener));
    for (const listener of added) process.off(signal, listener);
  }
  return result;
}

/** Rejects for what nobody caught, so that everything is stopped then too. */
export function crashed(): Promise<never> {
  return new Promise((_, reject) => {
    process.on('uncaughtException', reject);
    process.on('unhandledRejection', reject);
  });
}
