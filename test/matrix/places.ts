import type { Run } from '../../workflows/run.ts';
import type { World } from '../world/world.ts';
import type { Site } from './tale.ts';

/** What follows the last undo, by the name that the saga gives it. */
export const proof = 'prove restored';

/** Notes each call into the world from now on, and the step in which it is made. */
export function noteCalls(world: World, runNow: () => Run | undefined): Site[] {
  const sites: Site[] = [];
  const { network } = world;
  const call = network.call.bind(network);
  network.call = <T>(name: string, act: () => T, stranger?: () => void) => {
    const run = runNow();
    const place = run && placeOf(run);
    const nth = network.counts.get(name) ?? 0;
    if (place) sites.push({ ...place, call: name, nth, contested: stranger !== undefined, pastPivot: run.pastPivot });
    return call(name, act, stranger);
  };
  return sites;
}

function placeOf({ end, track, undoing }: Run): Pick<Site, 'step' | 'during'> | undefined {
  if (end) return undefined;
  const open = track.steps.find(({ status }) => status === 'running' || status === 'undoing');
  if (open) return { step: open.name, during: open.status === 'undoing' ? 'undo' : 'run' };
  const isBack = undoing && track.steps.some(({ status }) => status === 'undone');
  return isBack ? { step: proof, during: 'undo' } : undefined;
}
