import { describe, expect, it } from 'vitest';
import { changed, errorIn, parse } from './fakes.ts';

const hourMs = 3_600_000;
const sensitive = 'approvals: { sensitive: { approvers: 2, within: 8h } }';

/** One credential, of a tier and with an approval of its own. */
const file = (top: string, tier = '', approval = '') => {
  const fields = [tier && `tier: ${tier}`, approval && `approval: ${approval}`].filter((field) => field !== '');
  return `${top}\n${changed('owner: me', ['owner: me', ...fields].join('\n    '))}`;
};

describe('the approval that a credential needs', () => {
  it.each([
    ['that of its tier', sensitive, 'sensitive', '', { approvers: 2, withinMs: 8 * hourMs }],
    ['none where another tier needs one', sensitive, 'internal', '', undefined],
    ['none without a tier', sensitive, '', '', undefined],
    ['one approver where the tier names no number', 'approvals: { a: { within: 1h } }', 'a', '', { approvers: 1 }],
    ['its own where its tier needs none', sensitive, 'x', '{ within: 1h }', { approvers: 1, withinMs: hourMs }],
    [
      'as many as its tier’s',
      sensitive,
      'sensitive',
      '{ approvers: 2, within: 1h }',
      { approvers: 2, withinMs: hourMs },
    ],
    ['more', sensitive, 'sensitive', '{ approvers: 3, within: 1d }', { approvers: 3, withinMs: 24 * hourMs }],
    ['in its own time', sensitive, 'sensitive', '{ within: 1h }', { approvers: 2, withinMs: hourMs }],
    ['that of the tier of no name', 'approvals: { standard: { within: 1h } }', '', '', { approvers: 1 }],
  ])('%s', async (_what, top, tier, approval, expected) => {
    const credential = (await parse(file(top, tier, approval))).find('a/b');
    if (expected) expect(credential.approval).toMatchObject(expected);
    else expect(credential).not.toHaveProperty('approval');
  });

  it('is not less than its tier’s', async () => {
    const { problems } = await errorIn(file(sensitive, 'sensitive', '{ approvers: 1, within: 1h }'));
    expect(problems).toMatchObject([
      {
        ...{ line: 6, column: 28, path: 'credentials.a/b.approval.approvers', found: '1' },
        expected: 'at least 2: so many are asked for by `approvals` for the tier sensitive',
        fix: 'ask for as many here, or leave `approvers` out',
      },
    ]);
  });

  it.each([
    ['approvals: [sensitive]', 'approvals: found a list, expected a mapping'],
    ['approvals: { sensitive: {} }', 'approvals.sensitive.within: the field "within" is missing, expected a duration'],
    [
      'approvals: { sensitive: { approvers: 0, within: 1h } }',
      'approvals.sensitive.approvers: found 0, expected at least 1',
    ],
    ['approvals: { sensitive: { approver: 2, within: 1h } }', 'unknown field "approver"; did you mean "approvers"?'],
    ['approvals: { "no name": { within: 1h } }', 'up to 63 letters'],
    ['approval: { sensitive: { within: 1h } }', 'unknown field "approval"; did you mean "approvals"?'],
  ])('%s is refused', async (top, expected) => {
    expect((await errorIn(file(top))).message).toContain(expected);
  });

  it('a tier that no credential has is a warning with its place, and the nearest', async () => {
    const { warnings } = await parse(file(`${sensitive.replace('sensitive', 'sensitiv')}`, 'sensitive'));
    expect(warnings).toMatchObject([
      {
        ...{ line: 1, column: 14, path: 'approvals.sensitiv' },
        message: expect.stringContaining('no credential has this tier'),
        fix: 'did you mean "sensitive"?',
      },
    ]);
  });
});
