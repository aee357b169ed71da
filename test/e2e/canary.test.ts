import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { ended, progress, rollBack, rotationOf } from '../../client/rotations.ts';
import { asSuperuser } from '../../connectors/providers/postgres/harness.ts';
import { type CanaryWorld, ids, startCanaryWorld } from './support/canary-world.ts';
import { everyForm, formsOf, hidden, sightings } from './support/forms.ts';
import { database, folder, type Haystacks, histories } from './support/haystacks.ts';

/**
 * Rotates for real, and looks for every value that was there in every place where Keyturn leaves something behind. The control
 * run plants a text in all of these places, in all of its forms, and has to find it.
 */

/** What URLs, forms and base64 each write in their own way; and what JSON has to escape. */
const planted = 'Pl4nted/Canary+Value=7~é<';
const quoted = 'a "quoted" \\ canary';

let world: CanaryWorld;
let places: Haystacks;
const outcomes: Record<string, { exitCode: number | null; outcome: unknown; reason: string }> = {};

beforeAll(async () => {
  world = await startCanaryWorld();
  for (const id of [ids.rotated, ids.restored, ids.denied, ids.refused]) {
    const run = await world.keyturn('rotate', id, '--wait', '--json').done();
    const { outcome, reason } = JSON.parse(run.stdout().trim().split('\n').at(-1) ?? '{}');
    outcomes[id] = { exitCode: await run.exited, outcome, reason: reason?.message ?? '' };
  }
  await plant();
  for (const id of [ids.rotated, ids.planted]) await world.keyturn('status', id).done();
  await world.keyturn('audit', 'verify').done();
  places = await gather();
}, 180_000);
afterAll(() => world?.stop());

/** On every way in: an argument of the command line, a person's reason, and a statement at the database. */
async function plant(): Promise<void> {
  const reason = `${everyForm(planted)} ${quoted}`;
  const run = world.keyturn('rotate', ids.planted, '--wait', '--json', '--reason', reason);
  const handle = rotationOf(world.temporal.client, ids.planted);
  await vi.waitFor(
    async () => expect((await progress(handle)).waits, run.stderr()).toMatchObject([{ name: 'grace' }]),
    {
      timeout: 20_000,
    },
  );
  await rollBack(handle, { by: 'ada', reason });
  await run.done();
  await asSuperuser((sql) => sql.query(`select ${sql.escapeLiteral(everyForm(planted))}`));
}

async function gather(): Promise<Haystacks> {
  const { databaseFolder, home, runs, temporal, worker } = world;
  const text = (parts: string[]) => Buffer.from(parts.join('\n'));
  const exported = await world.keyturn('audit', 'export').done();
  const ends = await Promise.all(Object.values(ids).map((id) => ended(rotationOf(temporal.client, id))));
  const running = {
    ...(await histories(temporal.client)),
    ...(await database('Temporal, running', databaseFolder, 'temporal.db')),
  };
  await world.halt();
  return {
    ...running,
    ...(await database('Temporal, ended', databaseFolder, 'temporal.db')),
    ...(await database('audit', home, 'audit.db')),
    ...(await folder("Keyturn's folder", home, ['keys.json'])),
    'audit export': text([exported.stdout()]),
    'log of the worker': text([worker.stdout(), worker.stderr()]),
    'output of the command line': text(runs.map((run) => run.stdout())),
    'progress and log of the command line': text(runs.map((run) => run.stderr())),
    'error messages': text(ends.flatMap(({ reason }) => [reason?.message ?? '', reason?.fix ?? ''])),
    'arguments of processes': text([worker, ...runs].map((run) => run.cmdline)),
    'log of PostgreSQL': await readFile(inject('postgres').logFile),
  };
}

/** The test's own hand set the first passwords there, in the clear. */
const foreign = ['log of PostgreSQL'];

test('the rotations ended as they were meant to, with the errors that were provoked', () => {
  expect(outcomes).toEqual({
    [ids.rotated]: { exitCode: 0, outcome: 'rotated', reason: '' },
    [ids.restored]: { exitCode: 4, outcome: 'restored', reason: expect.stringMatching(/app app-1 says that AKIA/) },
    [ids.denied]: { exitCode: 4, outcome: 'restored', reason: expect.stringMatching(/Denied: \[secret\]/) },
    [ids.refused]: { exitCode: 3, outcome: 'unchanged', reason: expect.stringMatching(/main \(28P01\)/) },
  });
});

test('no value stands anywhere', async () => {
  const values = await world.values();
  const names = values.map(({ name }) => name).join('\n');
  for (const part of [
    'served: the password',
    'Google was sent',
    'first value',
    "admin's",
    'HMAC',
    'seal key',
    'sign key',
  ]) {
    expect(names).toContain(part);
  }
  for (const [place, bytes] of Object.entries(places)) {
    const wanted = foreign.includes(place) ? values.filter(({ isMinted }) => isMinted) : values;
    expect(sightings(bytes, wanted), place).toEqual([]);
  }
});

describe('the control run finds what was planted', () => {
  const forms = [...formsOf(Buffer.from(planted)).keys()];

  test('the text has every form', () => {
    expect(forms).toEqual(
      expect.arrayContaining([
        'plain',
        'hex',
        'upper-case hex',
        'URL-encoded',
        'JSON-escaped, ASCII',
        'base64 after 2',
      ]),
    );
    expect(sightings(Buffer.from(everyForm(planted)), [hidden('it', planted)])).toHaveLength(forms.length);
  });

  test('in every place, in every form', () => {
    // In JSON a backslash is written twice: those forms are planted by `quoted`.
    const expected = forms.filter((form) => !formsOf(Buffer.from(planted)).get(form)?.includes('\\'));
    for (const [place, bytes] of Object.entries(places)) {
      const found = sightings(bytes, [hidden('it', planted)]);
      // SQLite's pages cut a long text in pieces; its rows do not.
      if (place.endsWith(', files')) expect(found, place).not.toEqual([]);
      else expect(found, place).toEqual(expect.arrayContaining(expected.map((form) => `it as ${form}`)));
    }
  });

  test('escaped, wherever JSON is written', () => {
    for (const [place, bytes] of Object.entries(places)) {
      if (foreign.includes(place)) continue;
      expect(sightings(bytes, [hidden('it', quoted)]), place).not.toEqual([]);
    }
    for (const place of ['histories, raw', 'audit export', 'log of the worker', 'output of the command line']) {
      expect(sightings(places[place] ?? Buffer.alloc(0), [hidden('it', quoted)]), place).toContain(
        'it as JSON-escaped',
      );
    }
  });

  test.each(forms)('%s alone', (form) => {
    const place = Buffer.concat([Buffer.from('before '), formsOf(Buffer.from(planted)).get(form) ?? Buffer.alloc(0)]);
    expect(sightings(place, [hidden('it', planted)])).toContain(`it as ${form}`);
  });
});
