import { readFileSync } from 'node:fs';

/** What a process, and all that it has started, took of the machine. */
export interface Usage {
  /** Processor time since its start, user and system. */
  cpuMs: number;
  rssMiB: number;
  /** Since its start, or since `forgetPeak`. */
  peakMiB: number;
}

/** Linux counts processor time in hundredths of a second (proc(5), sysconf(_SC_CLK_TCK)). */
const tickMs = 10;

/** @returns undefined where the system has no /proc, or the process has ended. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const own = ownUsage(pid);
    const others = childrenOf(pid).flatMap((child) => usageOf(child) ?? []);
    return others.reduce(added, own);
  } catch {
    return undefined;
  }
}

/** @returns undefined where it is not known of one of them. */
export function usageOfAll(pids: readonly number[]): Usage | undefined {
  const all = pids.map(usageOf);
  const nothing: Usage = { cpuMs: 0, rssMiB: 0, peakMiB: 0 };
  return all.reduce((sum, each) => sum && each && added(sum, each), nothing as Usage | undefined);
}

function added(one: Usage, other: Usage): Usage {
  return {
    cpuMs: one.cpuMs + other.cpuMs,
    rssMiB: one.rssMiB + other.rssMiB,
    peakMiB: one.peakMiB + other.peakMiB,
  };
}

function ownUsage(pid: number): Usage {
  // The name before the closing bracket may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ').map(Number);
  // utime, stime, cutime and cstime are the fields 14 to 17 (proc(5)); here the third comes first.
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1_024;
  return { cpuMs: ticks * tickMs, rssMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') };
}

function childrenOf(pid: number): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return listed === '' ? [] : listed.split(' ').map(Number);
}

/** What they take while the work is done. */
export async function measured<Result>(
  pids: Readonly<Record<string, readonly number[]>>,
  work: () => Promise<Result>,
): Promise<{ result: Result; tookMs: number; used: Record<string, Usage | undefined> }> {
  const before = Object.entries(pids).map(([name, each]) => [name, usageOfAll(each)] as const);
  const beganMs = performance.now();
  const result = await work();
  const tookMs = performance.now() - beganMs;
  const used = before.map(([name, began]) => {
    const now = usageOfAll(pids[name] ?? []);
    return [name, began && now && { ...now, cpuMs: now.cpuMs - began.cpuMs }] as const;
  });
  return { result, tookMs, used: Object.fromEntries(used) };
}
