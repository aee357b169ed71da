/** Runs each in turn, A/B/A/B, so often. @returns what each run gave, in order. */
export async function interleaved<Name extends string, Result>(
  kinds: Readonly<Record<Name, () => Promise<Result>>>,
  runs: number,
  after: (name: Name, run: number, result: Result) => void = () => {},
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(kinds) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>;
  for (let run = 1; run <= runs; run += 1) {
    for (const name of names) {
      const result = await kinds[name]();
      results[name].push(result);
      after(name, run, result);
    }
  }
  return results;
}

/** So many callers, each of which begins its next call when its last has ended. @returns how long each call took, in ms. */
export async function closedLoop(
  { atOnce, times }: { atOnce: number; times: number },
  call: (number: number) => Promise<unknown>,
): Promise<{ tookMs: number; each: number[] }> {
  const each: number[] = [];
  let next = 0;
  const caller = async () => {
    while (next < times) {
      const number = next;
      next += 1;
      const beganMs = performance.now();
      await call(number);
      each.push(performance.now() - beganMs);
    }
  };
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, caller));
  return { tookMs: performance.now() - beganMs, each };
}
