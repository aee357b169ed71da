import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { progress } from '../../client/rotations.ts';
import { type Program, startWorkerProgram } from '../e2e/support/processes.ts';
import { type Cell, idOf, Stage } from './stage.ts';
import { type Act, decisions, type State, states } from './states.ts';

/** Every message in every state, said by the command line as a process: what it can take acts, and what it cannot says what could be said. */

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000, maxConcurrency: 4 });

let stage: Stage;
let worker: Program;

const cellsOf = ({ acts }: State) => [...(Object.keys(acts) as Act[]), 'refused'];
const all: Cell[] = Object.entries(states).flatMap(([state, given]) =>
  cellsOf(given).map((use) => ({ id: idOf(state, use), given })),
);
const free = { declares: { consumers: [{ type: 'pull', name: 'app', required: false }], grace: 0 } };
const never: Cell[] = ['never/rotate', 'never/compromised'].map((id) => ({ id, given: free }));

beforeAll(async () => {
  stage = await Stage.of([...all, ...never]);
  worker = await startWorkerProgram(stage.line.env);
});
afterAll(async () => {
  await worker?.stop();
  await stage?.close();
});

const attest = (id: string) =>
  stage.line.run(['attest', id, '--consumer', 'app', '--instance', 'another', '--version', 'unheard-of']);

describe.concurrent.each(Object.entries(states))('%s', (state, given) => {
  const taken = decisions.filter((verb) => verb in given.acts);

  test('what cannot be is refused, and says what can; what is not for it leaves it as it is', async () => {
    const { handle, id } = await stage.reached(state, 'refused');
    const before = (await handle.describe()).historyLength;
    const refused = decisions.filter((verb) => !taken.includes(verb));
    for (const verb of refused) {
      const { code, stderr } = await stage.say(verb, id);
      expect({ verb, code, stderr }).toEqual({
        verb,
        code: exitCodes.refused,
        stderr: expect.stringContaining(given.refuses[verb] ?? ''),
      });
      expect(decisions.filter((each) => stderr.includes(`keyturn ${each} ${id}`)).sort(), stderr).toEqual(
        [...taken].sort(),
      );
    }
    for (const verb of ['pause', 'resume']) {
      expect(await stage.line.run([verb, id, '--reason', 'a test'])).toMatchObject({ code: exitCodes.ok });
    }
    expect((await handle.describe()).historyLength).toBe(before);
    expect(await attest(id)).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('Sent') });
    expect(await stage.line.run(['rotate', id, '--timeout', '500ms'])).toMatchObject({
      code: given.joined,
      stderr: expect.stringContaining('Joined the open rotation'),
    });
    expect((await progress(handle)).requests).toMatchObject([{ by: 'eve' }, { fate: 'joined' }]);
    await handle.terminate('the test is over');
  });

  test.each(Object.keys(given.acts) as Act[])('%s acts', async (verb) => {
    await stage.act(state, verb, await stage.reached(state, verb));
  });
});

describe.concurrent('where none is open', () => {
  test('never rotated, and ended: all is refused but rotate', async () => {
    const id = 'never/rotate';
    const nothingIsOpen = async () => {
      for (const { code, stderr } of [
        ...(await Promise.all(decisions.map((verb) => stage.say(verb, id)))),
        await attest(id),
      ]) {
        expect({ code, stderr }).toEqual({
          code: exitCodes.usage,
          stderr: expect.stringContaining(`no open rotation of ${id}`),
        });
        expect(stderr).toContain(`possible now: keyturn rotate ${id}`);
      }
    };
    await nothingIsOpen();
    expect(await stage.line.run(['rotate', id, '--wait'])).toMatchObject({ code: exitCodes.ok });
    await nothingIsOpen();
    for (const verb of ['pause', 'resume']) {
      expect(await stage.line.run([verb, id, '--reason', 'a test'])).toMatchObject({ code: exitCodes.ok });
    }
    expect(await stage.line.run(['rotate', id, '--wait'])).toMatchObject({ code: exitCodes.ok });
  });

  test('never rotated, and ended: compromised begins one', async () => {
    const compromised = () =>
      stage.line.run(['compromised', 'never/compromised', '--reason', 'a test', '--within', '1s']);
    expect(await compromised()).toMatchObject({ code: exitCodes.ok });
    expect(await compromised()).toMatchObject({ code: exitCodes.ok });
  });
});
