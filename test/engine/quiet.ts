/**
 * Under virtual time an event is over when everything that it set going waits for another event. Promises alone are over
 * within a turn of the event loop; only cryptography takes real time, so it is counted.
 */
let inFlight = 0;

const counted = ['encrypt', 'decrypt', 'importKey', 'sign', 'verify', 'digest'] as const;

for (const name of counted) {
  const real = crypto.subtle[name].bind(crypto.subtle) as (...args: unknown[]) => Promise<unknown>;
  Object.defineProperty(crypto.subtle, name, {
    value: async (...args: unknown[]) => {
      inFlight += 1;
      try {
        return await real(...args);
      } finally {
        inFlight -= 1;
      }
    },
  });
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export async function quiet(): Promise<void> {
  do await turn();
  while (inFlight > 0);
}
