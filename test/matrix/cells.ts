import { table } from '../../workflows/steps.ts';
import { type Fault, faultKinds } from '../world/faults.ts';
import { type Answer, answers, type Site, type Tale, type Turn } from './tale.ts';

/** More often than any rotation calls. */
const forEver = 1_000_000;

/** What goes wrong at a site. */
export interface Column {
  name: string;
  kind: Fault['kind'];
  times: number;
  /** It is to end in quarantine, and this is what a person does then. */
  answer?: Answer;
}

export const columns: readonly Column[] = [
  ...faultKinds.map((kind) => ({ name: kind, kind, times: 1 })),
  { name: 'fails for ever', kind: 'fails', times: forEver },
  { name: 'denied for ever', kind: 'denied', times: forEver },
  ...answers.map((answer): Column => ({ name: `quarantined: ${answer}`, kind: 'denied', times: forEver, answer })),
];

/** One fault at one call of one shape. */
export interface Cell {
  site: Site;
  column: Column;
  tale: Tale;
}

/** Steps that are run again until they are done. */
const forwardOnly = new Set(table.steps.filter(({ always }) => always).map(({ name }) => name));

/** The first of the calls of each name in each step: what a turn makes happen, and no other turn has already. */
export function sitesOf(sites: readonly Site[], turn: Turn): Site[] {
  const first = new Map<string, Site>();
  for (const site of sites) {
    const isOfTurn = turn === 'forward' || site.during === 'undo' || forwardOnly.has(site.step);
    const name = JSON.stringify([site.step, site.during, site.call]);
    if (isOfTurn && !first.has(name)) first.set(name, site);
  }
  return [...first.values()];
}

/** @param deal of so many cells one, another for each `hand`. 1: all. */
export function cellsOf(tale: Tale, sites: readonly Site[], deal: number, hand: number): Cell[] {
  return sitesOf(sites, tale.turn).flatMap((site, row) =>
    columns
      .filter((column, index) => fits(site, column) && (index + row + hand) % deal === 0)
      .map((column) => ({ site, column, tale: withFault(tale, site, column) })),
  );
}

/** Nobody else changes what is only read; and only what cannot turn back any more is quarantined. */
function fits({ contested, during, pastPivot, step }: Site, { answer, kind }: Column): boolean {
  if (answer !== undefined) return during === 'undo' || pastPivot || forwardOnly.has(step);
  return kind !== 'stranger' || contested;
}

function withFault(tale: Tale, { call, nth }: Site, { answer, kind, times }: Column): Tale {
  const scenario = { ...tale.scenario, faults: [{ call, nth, times, kind }] };
  return { ...tale, scenario, ...(answer === undefined ? {} : { answer }) };
}
