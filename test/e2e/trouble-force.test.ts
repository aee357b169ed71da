import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import { lossyRoad, queryError } from '../support/aws/lossy.ts';
import { waitsFor } from '../support/consumers.ts';
import { type Google, startGoogle } from '../support/google/server.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { awsIssuer, type Issuer, postgresIssuer } from './support/issuers.ts';
import { type PauseAt, Pauses } from './support/pauses.ts';
import { entriesOf, leftOpen, sceneOf } from './support/scene.ts';
import { googlePlace } from './support/vault-places.ts';

/** The workflow is terminated: no undo, no record. The next rotation finds what stands, and leaves no key without a name. */

let rotating: Rotating;
let google: Google;
let pauses: Pauses;
beforeAll(async () => {
  [rotating, google] = await Promise.all([startRotating(), startGoogle()]);
  pauses = new Pauses(google);
});
afterAll(() => Promise.all([rotating?.stop(), google?.stop()]));

const issuers: Record<string, () => Promise<Issuer>> = { aws: awsIssuer, postgres: postgresIssuer };
const providers = Object.keys(issuers);

const moments: Record<string, PauseAt> = {
  'after the key was made': { method: 'AddSecretVersion', when: 'before' },
  'after the write': { method: 'UpdateSecret', test: (aliases) => 'keyturn-pending' in aliases, when: 'after' },
  'after the move': { method: 'UpdateSecret', test: (aliases) => 'keyturn-previous' in aliases, when: 'after' },
};

async function sceneFor(provider: string, given: { graceMs?: number; soakMs?: number } = {}) {
  const issuer = await (issuers[provider] as () => Promise<Issuer>)();
  const place = googlePlace(google, 'alias', { first: issuer.first, shape: issuer.shape });
  return { issuer, place, ...sceneOf(rotating, issuer, [place], given) };
}
type Given = Awaited<ReturnType<typeof sceneFor>>;

async function terminateAt(given: Given, moment: PauseAt): Promise<void> {
  const pause = pauses.at(given.place.secret, moment);
  const started = await rotating.start(given.credential);
  await pause.reached;
  await started.handle.terminate('by force');
  pause.breakOff();
  await forced(started);
}

async function terminateIn(given: Given, wait: string): Promise<void> {
  const started = await rotating.start(given.credential);
  await rotating.until(started, waitsFor(wait));
  await started.handle.terminate('by force');
  await forced(started);
}

async function forced({ handle }: rotations.Started): Promise<void> {
  await expect(rotations.ended(handle)).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringMatching(/ended by force/),
    fix: expect.stringMatching(/rotate again/),
  });
}

/** One key that works, named by the target; the audit has no open end and says what it inferred. */
async function clean({ credential, issuer, place }: Given): Promise<void> {
  expect(await issuer.keys()).toHaveLength(1);
  expect(await issuer.accepts(await place.current())).toBe(true);
  expect(await issuer.accepts(issuer.first)).toBe(false);
  expect(await leftOpen(rotating, credential)).toEqual([]);
}

test('terminated while nobody knows whether AWS made a key: it is found, attributed, and goes', async () => {
  const road = await lossyRoad(inject('aws').endpoint);
  const issuer = await awsIssuer({ endpoint: road.endpoint });
  const place = googlePlace(google, 'alias', { first: issuer.first, shape: issuer.shape });
  const given = { issuer, place, ...sceneOf(rotating, issuer, [place]) };
  const [reached, breakOff] = [gate(), gate()];
  road.before('CreateAccessKey', async () => {
    road.loseReplyTo('CreateAccessKey');
    // The second attempt looks first: it comes no further.
    road.before('ListAccessKeys', async () => {
      reached.open();
      await breakOff.opened;
      road.answer('ListAccessKeys', queryError('ServiceFailure', 'try again', 503));
    });
  });
  const started = await rotating.start(given.credential);
  await reached.opened;
  await started.handle.terminate('by force');
  const lost = (await issuer.keys()).filter((id) => !issuer.first.includes(id));
  expect(lost).toHaveLength(1);
  breakOff.open();
  await forced(started);
  expect(await rotating.rotate(given.credential)).toMatchObject({ outcome: 'rotated' });
  await clean(given);
  const inferred = (await entriesOf(rotating, given.credential)).filter((entry) => entry.inferred);
  expect(inferred).toMatchObject([{ verb: 'mint', outcome: 'done', subject: lost[0] }]);
  await road.close();
});

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

const hurry = { urgency: 'expedited' } as const;

describe.concurrent.each(providers)('%s, terminated', (provider) => {
  test.each(['after the key was made', 'after the write'])('%s: the key that nobody uses goes', async (moment) => {
    const given = await sceneFor(provider);
    await terminateAt(given, moments[moment] as PauseAt);
    expect(await given.issuer.keys()).toHaveLength(2);
    expect(await given.place.current()).toBe(given.issuer.first);
    const open = await leftOpen(rotating, given.credential);
    expect(open.map((effect) => effect.split('/')[1])).toEqual(['write']);
    expect(await rotating.rotate(given.credential)).toMatchObject({ outcome: 'rotated' });
    await clean(given);
    const inferred = (await entriesOf(rotating, given.credential)).filter((entry) => entry.inferred);
    expect(inferred.map(({ effect }) => effect)).toEqual(open);
  });

  test.each(['after the move', 'in the grace', 'in the soak'])(
    '%s: the old key, which a person made, is only named; it goes when the request says so',
    async (moment) => {
      const given = await sceneFor(provider, { graceMs: moment === 'in the grace' ? 60_000 : 0, soakMs: 60_000 });
      if (moment === 'after the move') await terminateAt(given, moments[moment] as PauseAt);
      else await terminateIn(given, moment.replace('in the ', ''));
      const before = await given.standing();
      const { outcome, reason } = await rotating.rotate(given.credential, hurry);
      expect(outcome).toBe('unchanged');
      expect(reason).toMatchObject({ kind: 'limit', fix: expect.stringMatching(/--replace/) });
      expect(await given.standing()).toBe(before);
      const [, replace] = /(?:exist: |; )(\S+) \([^)]*, not made by Keyturn\)/.exec(reason?.message ?? '') ?? [];
      expect(replace).toBeDefined();
      const end = await rotating.rotate(given.credential, { ...hurry, replace });
      expect(end).toMatchObject({ outcome: 'rotated' });
      await clean(given);
    },
  );

  test.each(['after the move', 'in the soak'])('%s, the old key being ours: it goes with evidence', async (moment) => {
    const given = await sceneFor(provider, { soakMs: 60_000 });
    const { newKey: ours } = await rotating.rotate(given.credential, hurry);
    if (moment === 'after the move') await terminateAt(given, moments[moment] as PauseAt);
    else await terminateIn(given, 'soak');
    expect(await rotating.rotate(given.credential, hurry)).toMatchObject({ outcome: 'rotated' });
    await clean(given);
    const close = (await entriesOf(rotating, given.credential)).findLast((entry) => entry.kind === 'close');
    expect(JSON.stringify(close?.detail?.evidence)).toContain(`"going":"${ours}"`);
  });
});
