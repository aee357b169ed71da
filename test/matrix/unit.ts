import type { Violation } from '../world/world.ts';
import { type Cell, cellsOf } from './cells.ts';
import { type Shape, taleIn } from './shapes.ts';
import type { Tale, Turn } from './tale.ts';
import { type Told, tell } from './tell.ts';

/** What is done at one go: the cells of one turn of one shape. */
export interface Unit {
  shape: Shape;
  turn: Turn;
  deal: number;
  hand: number;
}

export interface Broken {
  tale: Tale;
  site?: Cell['site'];
  violations: readonly Violation[];
  trace: readonly string[];
}

/** How many cells of a row and a column ended how. */
export interface Count {
  step: string;
  during: 'run' | 'undo';
  column: string;
  end: string;
  cells: number;
}

export interface UnitResult {
  cells: number;
  counts: Count[];
  broken: Broken[];
}

/** Records the run in which nothing is wrong, then tells it again and again with one fault in each of its calls. */
export async function runUnit({ deal, hand, shape, turn }: Unit): Promise<UnitResult> {
  const tale = taleIn(shape, turn);
  const clean = await tell(tale);
  const problem = cleanProblem(clean, turn);
  if (problem) return { cells: 0, counts: [], broken: [{ tale, violations: problem, trace: clean.trace }] };
  const counts = new Map<string, Count>();
  const broken: Broken[] = [];
  const cells = cellsOf(tale, clean.sites, deal, hand);
  for (const cell of cells) {
    const told = await tell(cell.tale);
    const violations = [...told.violations, ...unanswered(cell, told)];
    if (violations.length > 0) broken.push({ tale: cell.tale, site: cell.site, violations, trace: told.trace });
    count(counts, cell, told);
  }
  return { cells: cells.length, counts: [...counts.values()], broken };
}

function cleanProblem({ end, violations }: Told, turn: Turn): readonly Violation[] | undefined {
  if (violations.length > 0) return violations;
  const wanted = turn === 'forward' ? 'rotated' : 'restored';
  if (end?.outcome === wanted) return undefined;
  return [{ invariant: 'known end', what: `with no fault it ends ${end?.outcome} and not ${wanted}` }];
}

/** After a person's answer it ends as it has to. */
function unanswered({ column, site }: Cell, { end, quarantine }: Told): Violation[] {
  if (column.answer === undefined || !quarantine) return [];
  const wrong = (what: string): Violation[] => [{ invariant: 'known end', what }];
  const isRecorded = quarantine.step === 'record';
  if (column.answer === 'resolve' && !isRecorded && end?.resolvedBy === undefined) {
    return wrong('it was mended by hand, and goes on all the same');
  }
  const isBack = quarantine.during === 'undo' || (isRecorded && !site.pastPivot);
  const wanted = isBack ? 'restored' : 'rotated';
  return end?.outcome === wanted ? [] : wrong(`after ${column.answer} it ended ${end?.outcome} and not ${wanted}`);
}

function count(counts: Map<string, Count>, { column, site }: Cell, { end, quarantine }: Told): void {
  const { during, step } = site;
  const isWaiting = column.answer !== undefined && !quarantine;
  const how = isWaiting ? 'waited, and was not quarantined' : (end?.outcome ?? 'no end');
  const name = JSON.stringify([step, during, column.name, how]);
  const known = counts.get(name) ?? { step, during, column: column.name, end: how, cells: 0 };
  counts.set(name, { ...known, cells: known.cells + 1 });
}
