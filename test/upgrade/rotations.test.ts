import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type Cell, idOf, Stage } from '../cli/stage.ts';
import { type Act, type State, states } from '../cli/states.ts';
import { type Program, startProgram, startWorkerProgram } from '../e2e/support/processes.ts';
import { type Build, previousBuild } from './previous.ts';

/** Rotations that the build before this one has begun, asleep in every state that there is, go on with this one. */

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000, maxConcurrency: 4 });

let stage: Stage;
let build: Build;
let worker: Program;

const actsOf = ({ acts }: State) => Object.keys(acts) as Act[];
const asleep: [string, Act][] = Object.entries(states).flatMap(([state, given]) =>
  actsOf(given).map((act): [string, Act] => [state, act]),
);
const soak = { consumers: [{ type: 'pull', name: 'app', required: false }], grace: 0, soak: '20s' };
const soaking: Cell = { id: 'asleep/soak', given: { declares: soak, soaks: true } };
const toRotate: Cell = { id: 'rotated/again', given: { declares: { ...soak, soak: 0 } } };

beforeAll(async () => {
  const cells = asleep.map(([state, act]): Cell => ({ id: idOf(state, act), given: states[state] as State }));
  build = await previousBuild();
  const { program } = build;
  stage = await Stage.of([...cells, soaking, toRotate], async (line) => {
    expect(await line.run(['keys', 'init'], { program })).toMatchObject({ code: exitCodes.ok });
  });
  const before = startProgram(build.worker, [], stage.line.env);
  await before.says('the worker is ready');
  try {
    await fallAsleep(cells);
    await ask(toRotate.id, ['--wait']);
    const bundled = await stage.line.run(['audit', 'bundle', toRotate.id, '--out', 'bundle.json'], { program });
    expect(bundled).toMatchObject({ code: exitCodes.ok });
    await ask(soaking.id, []);
  } finally {
    await before.stop();
  }
  worker = await startWorkerProgram(stage.line.env);
});
afterAll(async () => {
  await worker?.stop();
  await stage?.close();
});

/** As the command line of that build does it. */
async function ask(id: string, more: readonly string[]): Promise<void> {
  const asked = await stage.line.run(['rotate', id, ...more], { program: build.program });
  expect(asked).toMatchObject({ code: exitCodes.ok });
}

async function fallAsleep(cells: readonly Cell[]): Promise<void> {
  const left = asleep.map(([state], index) => ({ state, id: cells[index]?.id ?? '' }));
  const lane = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      // Nobody approves what they have asked for themselves.
      if (next.state.includes('approval')) await stage.begin(next.id);
      else await stage.line.run(['rotate', next.id, '--timeout', '1ms'], { program: build.program });
      await states[next.state]?.reach(stage.standing(next.id));
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

describe.concurrent('begun by the build before', () => {
  test('asleep in its soak, it ends rotated when the soak is over', async () => {
    const { end } = await stage.standing(soaking.id).until((now) => now.end !== undefined);
    expect(end).toMatchObject({ outcome: 'rotated', oldKeyRefused: expect.anything() });
  });

  test.each(asleep)('%s: %s acts', async (state, act) => {
    await stage.act(state, act, stage.standing(idOf(state, act)));
  });

  test('ended, it is rotated again; its history, its audit and a bundle are read', async () => {
    const { line } = stage;
    const { id } = toRotate;
    expect(await line.run(['rotate', id, '--wait'])).toMatchObject({ code: exitCodes.ok });
    const { code, stdout } = await line.run(['history', id]);
    expect({ code, stdout }).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('rotated') });
    expect(await line.run(['audit', 'verify', id])).toMatchObject({ code: exitCodes.ok });
    expect(await line.run(['audit', 'verify', '--bundle', 'bundle.json'])).toMatchObject({ code: exitCodes.ok });
  });
});
