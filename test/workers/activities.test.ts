import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ended, type Started } from '../../client/rotations.ts';
import { type Credential, settingsSchema } from '../../contract/index.ts';
import { startToldConsumer, type ToldConsumer } from '../e2e/support/told-consumer.ts';
import { credentialOf, type Rotating, startRotating, storeFirst } from '../support/rotating.ts';

async function stand(settings: Record<string, string>): Promise<{ app: ToldConsumer; rotating: Rotating }> {
  const app = await startToldConsumer();
  onTestFinished(() => app.stop());
  const rotating = await startRotating({ settings, env: { [app.variable]: app.secret } });
  onTestFinished(() => rotating.stop());
  return { app, rotating };
}

async function told({ ctx }: Rotating, { declared }: ToldConsumer): Promise<Credential> {
  const target = { name: 'main', vault: 'file', secret: `app/${randomUUID()}`, value: 'raw' as const };
  await storeFirst(ctx, target, 'the-value-of-the-beginning');
  return credentialOf({ provider: { type: 'random' }, targets: [target], consumers: [declared] });
}

/** While the consumer of the first rotation is told, the second begins. @returns how many were told at once at the most. */
async function bothTold(
  settings: Record<string, string>,
  meanwhile: (second: Started, toldToo: Promise<void>) => Promise<unknown>,
): Promise<number> {
  const { app, rotating } = await stand(settings);
  const [first, second] = [await told(rotating, app), await told(rotating, app)];
  const tellsSecond = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<Started>();
  let [now, most] = [0, 0];
  app.says = async ({ credential }) => {
    now += 1;
    most = Math.max(most, now);
    if (credential === second.id) tellsSecond.resolve();
    else {
      begun.resolve(await rotating.start(second));
      await meanwhile(await begun.promise, tellsSecond.promise);
    }
    now -= 1;
    return { status: 'loaded' };
  };
  expect(await rotating.rotate(first)).toMatchObject({ outcome: 'rotated' });
  expect(await ended((await begun.promise).handle)).toMatchObject({ outcome: 'rotated' });
  return most;
}

test('a worker takes up activities of several rotations at a time', async () => {
  expect(await bothTold({}, (_second, toldToo) => toldToo)).toBe(2);
});

test('with KEYTURN_ACTIVITIES=1 the second waits for the end of the first', async () => {
  const scheduled = 1;
  const looks: unknown[] = [];
  // The same activity each time: nobody takes it up.
  const waits = ({ handle }: Started) =>
    vi.waitFor(
      async () => {
        const { raw } = await handle.describe();
        const [{ activityId, state } = {}] = raw.pendingActivities ?? [];
        expect(state).toBe(scheduled);
        looks.push(activityId);
        expect(looks.slice(-5)).toEqual(Array.from({ length: 5 }, () => activityId));
      },
      { timeout: 10_000 },
    );
  expect(await bothTold({ KEYTURN_ACTIVITIES: '1' }, waits)).toBe(1);
});

test.each(['0', '-1', 'many', '1.5', ''])('KEYTURN_ACTIVITIES=%s is refused', (given) => {
  const { error } = settingsSchema.safeParse({ KEYTURN_ACTIVITIES: given });
  expect(error?.issues).toMatchObject([{ path: ['KEYTURN_ACTIVITIES'], message: 'a number from 1 to 9999' }]);
});
