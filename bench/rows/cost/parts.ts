import type { Cost, Part } from '../../history/count.ts';
import type { Finding } from '../../row.ts';
import { purposeOf } from './invariants.ts';

/** What each part of one history costs, and together what asks for them. */
export function partFindings(plan: string, cost: Cost | undefined, { sumsOnly = false } = {}): Finding[] {
  if (!cost) return [];
  const purposes = Map.groupBy(cost.parts, ({ name }) => purposeOf(name));
  const ordered = [...purposes].sort(([one], [other]) => one.localeCompare(other));
  const whole = `of ${cost.actions} actions, ${cost.events} events, ${kib(cost.bytes)} KiB (${plan})`;
  return ordered.flatMap(([purpose, parts]) => [
    finding(purpose, together(parts), whole),
    ...(sumsOnly || parts.length === 1
      ? []
      : parts.map((part) => finding(`  ${part.name}, ${part.times} times`, part, whole))),
  ]);
}

function together(parts: readonly Part[]): Pick<Part, 'actions' | 'events' | 'bytes'> {
  const sum = (of: 'actions' | 'events' | 'bytes') => parts.reduce((total, part) => total + part[of], 0);
  return { actions: sum('actions'), events: sum('events'), bytes: sum('bytes') };
}

function finding(
  what: string,
  { actions, bytes, events }: Pick<Part, 'actions' | 'events' | 'bytes'>,
  of: string,
): Finding {
  return {
    what: `${what}: ${events} events, ${kib(bytes)} KiB`,
    unit: 'actions',
    median: actions,
    runs: 1,
    comparedTo: of,
  };
}

const kib = (bytes: number) => (bytes / 1_024).toFixed(1);
