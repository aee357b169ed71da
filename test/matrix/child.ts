import { runUnit, type Unit } from './unit.ts';

/** One process of the matrix: does a unit, says what came of it, and waits for the next one. */
process.on('message', async (unit: Unit) => {
  const result = await runUnit(unit);
  process.send?.(result);
});
