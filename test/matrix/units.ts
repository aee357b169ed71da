import { type Shape, turnsIn } from './shapes.ts';
import type { Unit } from './unit.ts';

/** Of every so many cells one is told: each shape gets another hand, so that together they get all. */
export function unitsOf(shapes: readonly Shape[], deal: number): Unit[] {
  return shapes.flatMap((shape, index) =>
    turnsIn(shape).map((turn, turnIndex) => ({ shape, turn, deal, hand: index + turnIndex })),
  );
}
