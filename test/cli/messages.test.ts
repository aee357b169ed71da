import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { type Catalog, loadCatalog } from '../../catalog/index.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type Connected, connect } from '../../client/connect.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { progress, rotationOf, startOrJoin } from '../../client/rotations.ts';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import type { Progress } from '../../contract/index.ts';
import { postgresIssuer } from '../e2e/support/issuers.ts';
import { type Program, startWorkerProgram } from '../e2e/support/processes.ts';
import { filePlace } from '../e2e/support/vault-places.ts';
import { testContext } from '../support/context.ts';
import { requestOf } from '../support/rotating.ts';
import { CommandLine, type Ended } from './command-line.ts';
import { type Act, type Decision, decisions, every, type Standing, type State, states } from './states.ts';

/** Every message in every state, said by the command line as a process: what it can take acts, and what it cannot says what could be said. */

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000, maxConcurrency: 4 });

let server: DevServer;
let temporal: Connected;
let worker: Program;
let catalog: Catalog;
let line: CommandLine;
const places = new Map<string, Standing['place']>();

const name = (state: string, cell: Act | 'refused') => `${state.replaceAll(' ', '-')}/${cell}`;
const cellsOf = ({ acts }: State) => [...(Object.keys(acts) as Act[]), 'refused'] as const;
const all = Object.entries(states).flatMap(([state, given]) =>
  cellsOf(given).map((cell) => ({ id: name(state, cell), given })),
);
const never = ['never/rotate', 'never/compromised'];

beforeAll(async () => {
  server = await startDevServer();
  line = new CommandLine({ TEMPORAL_ADDRESS: server.address });
  // So many processes begin faster when what they run is compiled once.
  Object.assign(line.env, { NODE_COMPILE_CACHE: join(line.folder, 'cache') }, await declare());
  catalog = await loadCatalog(join(line.folder, 'keyturn.yaml'));
  [worker, temporal] = await Promise.all([startWorkerProgram(line.env), connect(line.env)]);
  expect(await line.run(['apply'])).toMatchObject({ code: exitCodes.ok });
});
afterAll(async () => {
  await Promise.all([worker?.stop(), temporal?.close()]);
  await server?.stop();
  line?.remove();
});

/** @returns what the worker has to find in its environment. */
async function declare(): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  const credentials: Record<string, object> = {};
  const ctx = testContext({ home: line.home, keys: await openKeyRing(keyRingFile(line.home), { create: true }) });
  const free = { declares: { consumers: [{ type: 'pull', name: 'app', required: false }], grace: 0 } };
  for (const { id, given } of [...all, ...never.map((id) => ({ id, given: free as Partial<State> }))]) {
    const issuer = given.soaks ? await postgresIssuer() : undefined;
    const { first = 'the-known-good-value', provider = { type: 'random' }, shape = 'raw' } = issuer ?? {};
    const place = await filePlace(ctx, { first, shape });
    places.set(id, place);
    Object.assign(env, issuer?.env);
    const waits = issuer ? {} : { soak: 0 };
    const limits = { step: '10s', settle: '5s', attempt: '5s', poll: '200ms' };
    credentials[id] = {
      owner: 'tests',
      provider,
      targets: [place.target],
      schedule: { every },
      limits,
      ...waits,
      ...given.declares,
    };
  }
  line.catalog(stringify({ credentials }));
  return env;
}

async function until(handle: Standing['handle'], holds: (now: Progress) => boolean): Promise<Progress> {
  for (;;) {
    const now = await progress(handle);
    if (holds(now)) return now;
    // What was carried goes on in the next one, under the same id.
    const isOver = now.end && !now.requests.some(({ fate }) => fate === 'carried');
    if (isOver) throw new Error(`it ended first: ${JSON.stringify(now.end)}`);
    await sleep(50);
  }
}

/** A rotation that somebody else has asked for, in this state. */
async function reached(state: string, cell: Act | 'refused'): Promise<Standing> {
  const id = name(state, cell);
  const given = states[state];
  const place = places.get(id);
  if (!given || !place) throw new Error(`${id} is not declared`);
  await startOrJoin(temporal.client, catalog.find(id), requestOf({ by: 'eve' }));
  const handle = rotationOf(temporal.client, id);
  const standing = {
    id,
    handle,
    place,
    home: line.home,
    until: (holds: (now: Progress) => boolean) => until(handle, holds),
  };
  await given.reach(standing);
  return standing;
}

async function say(verb: Decision, id: string, planHash = 'none'): Promise<Ended> {
  return line.run([verb, id, ...(verb === 'approve' ? ['--plan', planHash] : [])]);
}

const attest = (id: string) =>
  line.run(['attest', id, '--consumer', 'app', '--instance', 'another', '--version', 'unheard-of']);

describe.concurrent.each(Object.entries(states))('%s', (state, given) => {
  const taken = decisions.filter((verb) => verb in given.acts);

  test('what cannot be is refused, and says what can; what is not for it leaves it as it is', async () => {
    const { handle, id } = await reached(state, 'refused');
    const before = (await handle.describe()).historyLength;
    const refused = decisions.filter((verb) => !taken.includes(verb));
    for (const verb of refused) {
      const { code, stderr } = await say(verb, id);
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
      expect(await line.run([verb, id, '--reason', 'a test'])).toMatchObject({ code: exitCodes.ok });
    }
    expect((await handle.describe()).historyLength).toBe(before);
    expect(await attest(id)).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('Sent') });
    expect(await line.run(['rotate', id, '--timeout', '500ms'])).toMatchObject({
      code: given.joined,
      stderr: expect.stringContaining('Joined the open rotation'),
    });
    expect((await progress(handle)).requests).toMatchObject([{ by: 'eve' }, { fate: 'joined' }]);
    await handle.terminate('the test is over');
  });

  test.each(Object.entries(given.acts) as [Act, (now: Progress) => boolean][])('%s acts', async (verb, holds) => {
    const standing = await reached(state, verb);
    const { id } = standing;
    const help = given.helps?.[verb];
    await help?.before?.(standing);
    if (verb === 'compromised') {
      const [ended] = await Promise.all([
        line.run(['compromised', id, '--reason', 'a test', '--within', '1s']),
        help?.after?.(standing),
      ]);
      expect(ended).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('1 of 1 replaced') });
    } else {
      const { planHash } = await standing.until(() => true);
      expect(await say(verb, id, planHash)).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining(id) });
    }
    await standing.until(holds);
  });
});

describe.concurrent('where none is open', () => {
  test('never rotated, and ended: all is refused but rotate', async () => {
    const id = 'never/rotate';
    const nothingIsOpen = async () => {
      for (const { code, stderr } of [
        ...(await Promise.all(decisions.map((verb) => say(verb, id)))),
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
    expect(await line.run(['rotate', id, '--wait'])).toMatchObject({ code: exitCodes.ok });
    await nothingIsOpen();
    for (const verb of ['pause', 'resume']) {
      expect(await line.run([verb, id, '--reason', 'a test'])).toMatchObject({ code: exitCodes.ok });
    }
    expect(await line.run(['rotate', id, '--wait'])).toMatchObject({ code: exitCodes.ok });
  });

  test('never rotated, and ended: compromised begins one', async () => {
    const compromised = () => line.run(['compromised', 'never/compromised', '--reason', 'a test', '--within', '1s']);
    expect(await compromised()).toMatchObject({ code: exitCodes.ok });
    expect(await compromised()).toMatchObject({ code: exitCodes.ok });
  });
});
