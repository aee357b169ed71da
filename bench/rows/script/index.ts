import { join } from 'node:path';
import { loadAudit } from '../../../connectors/load.ts';
import { type Context, type Credential, Secret } from '../../../contract/index.ts';
import { testContext } from '../../../test/support/context.ts';
import { closedLoop, interleaved } from '../../interleave.ts';
import { number } from '../../print.ts';
import { makeReal, type Real } from '../../real.ts';
import { rotate } from '../../rotating.ts';
import type { Finding, Row } from '../../row.ts';
import { openStand, type Stand, startWorkers } from '../../stand.ts';
import { found, median, percentile, ratios } from '../../stats.ts';
import { handsFor, rotateByScript } from './rotate.ts';

const amounts = { quick: { runs: 2, times: 20, alone: 2 }, full: { runs: 5, times: 100, alone: 30 } };
const atOnce = 20;

interface Loop {
  perSecond: number;
  each: number[];
}

/** What durability costs beside a script that does the same and remembers nothing. */
export const script: Row = {
  name: 'script',
  about: 'rotations beside a plain script that makes the same calls in the same order (PostgreSQL and file vault)',
  async run(bench) {
    const { alone, runs, times } = bench.quick ? amounts.quick : amounts.full;
    const stand = await openStand(bench);
    const real = await makeReal(bench, stand, { count: times, prefix: 'rotated' });
    const bare = await makeReal(bench, stand, { count: times, prefix: 'script' });
    await startWorkers(bench, stand, 1, real.env);
    const ctx = contextOf(stand, bare);
    const verbs: string[] = [];
    await rotateByScript(await handsFor(ctx, at(bare, 0)), (verb) => verbs.push(verb));
    await rotate(stand, at(real, 0));
    refuseOther(verbs, await changesOf(stand, at(real, 0)));
    const kinds = {
      script: async (index: number) => rotateByScript(await handsFor(ctx, at(bare, index)), () => {}),
      rotation: (index: number) => rotate(stand, at(real, index)),
    };
    const loops = (shape: { atOnce: number; times: number }) => ({
      script: () => loop(shape, kinds.script),
      rotation: () => loop(shape, kinds.rotation),
    });
    const loaded = await interleaved(loops({ atOnce, times }), runs, (name, run, { perSecond }) =>
      bench.say(`${atOnce} at once, run ${run} of ${runs}: ${name} ${perSecond.toFixed(1)} a second`),
    );
    const single = await interleaved(loops({ atOnce: 1, times: alone }), runs);
    const changes = `the same changes: ${verbs.join(', ')}`;
    return [...rates(loaded, changes), ...times50(single)];
  },
};

const at = ({ credentials }: Real, index: number) => credentials[index % credentials.length] as Credential;

async function loop(
  shape: { atOnce: number; times: number },
  call: (index: number) => Promise<unknown>,
): Promise<Loop> {
  const { each, tookMs } = await closedLoop(shape, call);
  return { perSecond: (shape.times * 1_000) / tookMs, each };
}

function contextOf({ home, keys }: Stand, { env }: Real): Context {
  const secrets = Object.entries(env).map(
    ([name, value]) => [JSON.stringify({ env: name }), new Secret(value)] as const,
  );
  return testContext({ home, keys, secrets: Object.fromEntries(secrets) });
}

/** What the audit says that the rotation changed, in order. */
async function changesOf({ home }: Stand, { id }: Credential): Promise<string[]> {
  const sink = await (await loadAudit('sqlite')).open(join(home, 'audit.db'));
  const records = await sink.read(id);
  await sink.close();
  return records.flatMap(({ entry }) => (entry.kind === 'intent' ? [entry.verb] : []));
}

function refuseOther(changes: readonly string[], audited: readonly string[]): void {
  if (audited.join() === changes.join()) return;
  throw new Error(`the script does not do what a rotation does: ${changes.join(', ')} beside ${audited.join(', ')}`);
}

type Both = Record<'script' | 'rotation', Loop[]>;

function rates({ rotation, script: bare }: Both, changes: string): Finding[] {
  const [ours, theirs] = [rotation, bare].map((loops) => loops.map(({ perSecond }) => perSecond)) as [
    number[],
    number[],
  ];
  const comparedTo = `the script in the same run: ${number(median(theirs))} a second`;
  return [
    found(`script: ${atOnce} at once`, 'a second', theirs, { comparedTo: changes }),
    found(`rotation: ${atOnce} at once`, 'a second', ours, { comparedTo }),
    found('rotation: of the script', 'ratio', ratios(ours, theirs), { comparedTo: 'rate of the script, run by run' }),
  ];
}

function times50({ rotation, script: bare }: Both): Finding[] {
  const medians = (loops: readonly Loop[]) => loops.map(({ each }) => percentile(each, 50));
  const theirs = medians(bare);
  const comparedTo = `the script in the same run: ${number(median(theirs))} ms`;
  return [
    found('script: one alone, p50', 'ms', theirs),
    found('rotation: one alone, p50', 'ms', medians(rotation), { comparedTo }),
    found('rotation: times as long as the script, one alone', 'ratio', ratios(medians(rotation), theirs), {
      comparedTo,
    }),
  ];
}
