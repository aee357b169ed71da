import { expect, test } from 'vitest';
import { harness } from '../../connectors/consumers/pull/harness.ts';
import { connector } from '../../connectors/consumers/pull/index.ts';

test('does nothing, and says that it cannot be asked', async () => {
  const setup = await harness.cases[0]?.setUp();
  if (!setup) return expect.fail('the harness has a case');
  expect(await setup.consumer.refresh(setup.ctx, setup.change)).toEqual([]);
  expect(await setup.consumer.attested(setup.ctx, setup.change)).toBe('unknown');
});

test('takes no option', () => {
  expect(connector.schema.safeParse({ type: 'pull', url: 'https://example.com' }).success).toBe(false);
});
