import { describe, expect, it } from 'vitest';
import { changed, errorIn, minimal, parse, problemsIn } from './fakes.ts';

const second = (id: string, provider: string, target: string) => `  ${id}:
    owner: me
    provider: ${provider}
    targets: [${target}]
`;
const tokens = (more: string, account = 'x') => `credentials:
  t:
    owner: me
    provider: { type: tokens, account: ${account} }
    targets: [{ vault: box, secret: t }]
    limits: { step: 1h, refusal: 1h }
${more}`;
const stored = (more: string) => `credentials:
  s:
    owner: me
    provider: { type: stored }
    targets: [{ vault: box, secret: s }]
${more}`;
const inPlace = (more: string) => `credentials:
  p:
    owner: me
    provider: { type: single, host: h }
    targets: [{ vault: box, secret: p }]
${more}`;

describe('across credentials', () => {
  it('refuses the same principal twice, naming both with their lines', async () => {
    const provider = '{ type: logins, host: h, port: 5432, admin: { env: OTHER }, logins: [x, y] }';
    expect(await problemsIn(minimal + second('c/d', provider, '{ vault: box, secret: t, value: url }'))).toEqual([
      expect.stringContaining('catalog.yaml:9:15 credentials.c/d.provider: found the principal that a/b has on line 4'),
    ]);
  });

  it('refuses the same place twice, also when one names its default', async () => {
    const provider = '{ type: tokens, account: x }';
    const text = `${minimal}${second('c/d', provider, '{ vault: box, secret: s, region: here }')}    limits: { step: 1h }\n`;
    expect(await problemsIn(text)).toEqual([
      expect.stringContaining('catalog.yaml:10:15 credentials.c/d.targets[0]: found the place that a/b has on line 5'),
    ]);
  });

  it('refuses the same place twice within one credential', async () => {
    const twice = changed('value: url }', 'value: url, name: m }, { name: n, vault: box, secret: s, value: url }');
    expect((await errorIn(twice)).message).toContain('targets[1]: found the place that this credential has on line 5');
  });

  it('takes two credentials without an issuer', async () => {
    const text = `${stored('')}${second('r', '{ type: stored }', '{ vault: box, secret: r }')}`;
    expect((await parse(text)).credentials.size).toBe(2);
  });
});

describe('within a credential', () => {
  const twoTargets = changed('value: url }', 'value: url, name: m }, { name: n, vault: box, secret: t, value: url }');

  it.each([
    ['reads nothing of several', twoTargets, 'consumers[0].reads: found no `reads`, though there are several targets'],
    [
      'reads no target',
      twoTargets.replace('url: u', 'url: u, reads: x'),
      'found the name of no target, expected the name of a target: m or n',
    ],
    [
      'has a target name twice',
      twoTargets.replace('name: n', 'name: m'),
      'targets[1].name: found the name "m", which targets[0] has already',
    ],
    [
      'has a consumer name twice',
      changed('url: u }', 'url: u, name: a }, { type: call, url: v, name: a }'),
      'consumers[1].name: found the name "a", which consumers[0] has already',
    ],
    [
      'stores a login without its user',
      changed('value: url', 'value: raw'),
      'value: found a shape that leaves out user, expected one that holds user and password',
    ],
    ['leaves the shape of a login to the default', changed(', value: url', ''), 'found a shape that leaves out user'],
    [
      'maps a field that the key has not',
      changed('value: url', 'value: { json: { a: usr, b: password } }'),
      "wants 'usr'",
    ],
    [
      'maps too few fields',
      changed('value: url', 'value: { json: { b: password } }'),
      'found a shape that leaves out user',
    ],
    [
      'has smoke tests that nobody runs',
      tokens('    smokeTests: [{ sql: x }]\n'),
      'smokeTests: found a list, expected no smoke tests: the provider tokens runs none',
    ],
    [
      'soaks without disable',
      tokens('    soak: 1h\n'),
      '7:11 credentials.t.soak: found more than 0, expected 0: the provider tokens cannot disable',
    ],
    [
      'has a grace in place',
      inPlace('    grace: 1h\n'),
      'p.grace: found more than 0, expected 0: a credential that is changed in place',
    ],
    [
      'has accepters beside an issuer',
      changed('url: u', 'url: u, role: accepts'),
      'consumers[0].role: found the role "accepts", expected the role "uses"',
    ],
    [
      'has more canaries than instances',
      changed('url: u', 'url: u, canary: 2'),
      'canary: found a number, expected at most as many as `instances`',
    ],
    [
      'gives a step too little time',
      tokens('').replace('step: 1h', 'step: 11m'),
      'limits.step: found 660s, expected more than 700s',
    ],
    [
      'gives an attempt too much time',
      changed('owner: me', 'owner: me\n    limits: { attempt: 11m }'),
      'limits.attempt: found a string, expected at most as long as `step`',
    ],
    [
      'gives an attempt no time for a proof',
      changed('owner: me', 'owner: me\n    limits: { attempt: 4999ms }'),
      'limits.attempt: found a string, expected at least 5s: a proof looks several times in one attempt',
    ],
    [
      'limits a step by nothing',
      changed('owner: me', 'owner: me\n    limits: { step: 0 }'),
      'limits.step: found a number, expected more than 0',
    ],
    [
      'wants the approval of nobody',
      changed('owner: me', 'owner: me\n    approval: { approvers: 0, within: 1h }'),
      'approval.approvers: found 0, expected at least 1',
    ],
    [
      'wants an approval without end',
      changed('owner: me', 'owner: me\n    approval: { approvers: 1 }'),
      'approval.within: the field "within" is missing, expected a duration',
    ],
  ])('%s: refused', async (_name, text, expected) => {
    expect((await errorIn(text)).message).toContain(expected);
  });

  it('leaves out the default waits that a provider cannot have', async () => {
    expect((await parse(tokens(''))).find('t')).toMatchObject({ soakMs: 0, graceMs: 3_600_000 });
    expect((await parse(inPlace(''))).find('p')).toMatchObject({ soakMs: 0, graceMs: 0 });
    expect((await parse(tokens('    soak: 0\n'))).find('t')).toMatchObject({ soakMs: 0 });
  });

  it('takes a login without its user where the user never changes', async () => {
    expect((await parse(inPlace(''))).find('p').targets[0]?.value).toBe('raw');
    expect(
      (await errorIn(inPlace('').replace('secret: p', 'secret: p, value: { json: { u: user } }'))).message,
    ).toContain('no path holds');
  });

  it('takes accepters of a value that nobody issues', async () => {
    const { find, warnings } = await parse(
      stored('    consumers: [{ type: call, url: u, role: accepts }, { type: call, url: v }]\n'),
    );
    expect(find('s').consumers[0]?.role).toBe('accepts');
    expect(warnings).toEqual([]);
  });
});

describe('warnings', () => {
  it.each([
    [
      'nobody attests a stored value',
      stored('    consumers: [{ type: call, url: u }]\n'),
      '2:3 nobody attests that the new value is accepted',
    ],
    [
      'nothing tells of use',
      tokens('    consumers: [{ type: call, url: u, required: false }]\n'),
      '2:3 nothing tells whether the old key is still in use',
    ],
    [
      'a schedule shorter than a rotation',
      changed('owner: me', 'owner: me\n    schedule: { every: 25h }'),
      '4:15 a rotation takes longer than the time between two',
    ],
    [
      'a refusal expected too early',
      tokens('    consumers: [{ type: call, url: u }]\n').replace('refusal: 1h', 'refusal: 1s'),
      '6:34 a removed key is reported',
    ],
  ])('%s', async (_name, text, expected) => {
    const { warnings } = await parse(text);
    expect(warnings.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      expect.stringContaining(expected),
    ]);
  });
});
