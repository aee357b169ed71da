import { describe, expect, it } from 'vitest';
import { changed, errorIn, minimal, parse, problemsIn, valid } from './fakes.ts';

const owner = '    owner: me\n';

describe('a valid catalog', () => {
  it('gives credentials with times in milliseconds and connectors as declared', async () => {
    const { credentials, warnings, file } = await parse(valid);
    expect(file).toBe('catalog.yaml');
    expect(warnings).toEqual([]);
    const window = { days: ['tue', 'wed', 'thu'], from: '10:00', to: '15:00', timezone: 'Europe/Berlin' };
    expect(credentials.get('production/orders/DATABASE_URL')).toEqual({
      id: 'production/orders/DATABASE_URL',
      owner: 'payments-sre',
      tier: 'sensitive',
      site: 'eu-1',
      provider: {
        type: 'logins',
        host: 'db.internal',
        admin: { env: 'ORDERS_DB_ADMIN_URL' },
        logins: ['orders_a', 'orders_b'],
      },
      targets: [{ name: 'main', vault: 'box', secret: 'orders-db', value: 'url' }],
      consumers: [
        {
          type: 'call',
          name: 'call-1',
          url: 'https://orders.internal/keyturn',
          reads: 'main',
          instances: 20,
          canary: 1,
          required: true,
          role: 'uses',
        },
        {
          type: 'call',
          name: 'call-2',
          url: 'https://reports.internal/keyturn',
          reads: 'main',
          instances: 1,
          canary: 0,
          required: false,
          role: 'uses',
        },
      ],
      smokeTests: [{ sql: 'select 1 from orders limit 1' }],
      graceMs: 7_200_000,
      soakMs: 43_200_000,
      refreshWithinMs: 900_000,
      approval: { approvers: 2, withinMs: 28_800_000 },
      limits: { stepMs: 1_200_000, settleMs: 1_800_000, refusalMs: 300_000, attemptMs: 30_000, pollMs: 5_000 },
      schedule: {
        everyMs: 30 * 86_400_000,
        timezone: 'Europe/Berlin',
        window,
        jitterMs: 0,
        catchUp: 'once',
      },
      calendar: { window, freezes: [] },
    });
  });

  it('fills in every default', async () => {
    const credential = (await parse(minimal)).find('a/b');
    expect(credential).toMatchObject({
      tier: 'standard',
      targets: [{ name: 'main' }],
      consumers: [{ name: 'call-1', reads: 'main', instances: 1, canary: 0, required: true, role: 'uses' }],
      smokeTests: [],
      graceMs: 3_600_000,
      soakMs: 86_400_000,
      refreshWithinMs: 900_000,
      limits: { stepMs: 600_000, settleMs: 1_800_000, refusalMs: 300_000, attemptMs: 30_000, pollMs: 5_000 },
    });
    expect(Object.keys(credential)).not.toContain('schedule');
    expect(JSON.parse(JSON.stringify(credential))).toEqual(credential);
  });

  it('takes anchors and aliases', async () => {
    const { find } = await parse(`${changed('owner: me', 'owner: &who me')}  c/d:
    owner: *who
    provider: { type: tokens, account: x }
    targets: [{ vault: box, secret: t }]
    limits: { step: 1h }
`);
    expect(find('c/d').owner).toBe('me');
  });

  it('may hold no credential at all', async () => {
    expect((await parse('credentials: {}')).credentials.size).toBe(0);
  });

  it('may name its schema', async () => {
    expect((await parse(`schema: 1\n${minimal}`)).credentials.size).toBe(1);
  });

  it('of a newer schema is refused by that alone', async () => {
    const problems = await problemsIn(`schema: 2\n${minimal}\nfuture: { a: b }\n`);
    expect(problems).toEqual([
      expect.stringContaining('1:9 schema: found 2, expected 1, which is the newest that this Keyturn reads'),
    ]);
  });

  it('names the nearest id when asked for one that it has not', async () => {
    const { find } = await parse(valid);
    const find404 = () => find('production/order/DATABASE_URL');
    expect(find404).toThrow(/declares no credential production\/order\/DATABASE_URL/);
    expect(find404).toThrow(expect.objectContaining({ kind: 'not-found', fix: expect.stringMatching(/orders/) }));
  });
});

describe('YAML', () => {
  it.each([
    ['an empty file', '', 'catalog.yaml:1:1: found an empty file'],
    ['a comment alone', '# nothing\n', 'found an empty file'],
    ['a list', '- a\n', 'catalog.yaml:1:1: found a list, expected a mapping with the field "credentials"'],
    ['text', 'credentials', 'catalog.yaml:1:1: found a string'],
    ['another field', 'credential: {}\n', 'catalog.yaml:1:1 credential: unknown field "credential"; did you mean'],
    ['credentials as a list', 'credentials: []\n', 'catalog.yaml:1:14 credentials: found an empty list'],
    ['credentials left empty', 'credentials:\n', 'credentials: found an empty value'],
    ['a document cut in a list', 'credentials: {a: [1, 2\n', 'catalog.yaml:2:1: found'],
    ['a document cut in a quote', 'credentials:\n  "a', 'found a missing character'],
    ['two documents', `${minimal}---\n${minimal}`, 'catalog.yaml:7:1: found a second document'],
    [
      'a field twice',
      changed(owner, owner + owner),
      'catalog.yaml:4:5 credentials.a/b: found a field name that stands',
    ],
    [
      'a credential twice',
      minimal + minimal.replace('credentials:\n', ''),
      'catalog.yaml:7:3 credentials: found a field',
    ],
    ['a tab', changed('    owner', '\towner'), 'catalog.yaml:3:1: found a tab as indentation'],
    ['a tag', changed('owner: me', 'owner: !who me'), 'catalog.yaml:3:12: found a tag'],
    [
      'an alias without anchor',
      changed('owner: me', 'owner: *hunter2'),
      'catalog.yaml:3:12 credentials.a/b.owner: found an alias without',
    ],
    ['a merge key', changed('owner: me', '<<: {owner: me}'), 'catalog.yaml:3:5 credentials.a/b: found a merge key'],
    [
      'infinity',
      changed('owner: me', 'owner: .inf'),
      'catalog.yaml:3:12 credentials.a/b.owner: found a value that JSON',
    ],
    [
      'a mapping as a name',
      changed('owner: me', '{x: y}: me'),
      'catalog.yaml:3:5 credentials.a/b: found a list, mapping',
    ],
    [
      '__proto__',
      changed('owner: me', '__proto__: me'),
      'catalog.yaml:3:5 credentials.a/b: found a field name that is not',
    ],
    ['a deep nest', `credentials: ${'['.repeat(60)}${']'.repeat(60)}`, 'found more than 40 levels'],
    ['a far too deep nest', '['.repeat(200_000), 'nested too deeply'],
    ['an alias of itself', 'credentials: &a [*a]\n', 'found'],
  ])('%s is refused with its place', async (_name, text, expected) => {
    expect((await errorIn(text)).message).toContain(expected);
  });

  it('refuses aliases that stand for billions', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) =>
        `x${i}: &x${i} [${Array(9)
          .fill(i ? `*x${i - 1}` : 'lol')
          .join(',')}]`,
    );
    expect((await errorIn(`${levels.join('\n')}\ncredentials: *x8\n`)).message).toContain(
      'aliases that stand for too much',
    );
  });

  it('finds places in files with Windows line ends and a byte order mark', async () => {
    const text = `\uFEFF${changed('host: h', 'hots: h').replaceAll('\n', '\r\n')}`;
    expect(await problemsIn(text)).toEqual([
      'catalog.yaml:4:31 credentials.a/b.provider.hots: unknown field "hots"; did you mean "host"?',
    ]);
  });
});

describe('fields', () => {
  it.each([
    [
      'unknown, near a known one',
      'host: h',
      'hots: h',
      '4:31 credentials.a/b.provider.hots: unknown field "hots"; did you mean "host"?',
    ],
    [
      'unknown, near none',
      owner,
      `${owner}    zebra: 1\n`,
      '4:5 credentials.a/b.zebra: unknown field "zebra"; known: owner, tier, site',
    ],
    [
      'unknown in a target',
      'secret: s',
      'secret: s, valeu: url',
      '5:40 credentials.a/b.targets[0].valeu: unknown field "valeu"',
    ],
    ['missing', 'owner: me', 'tier: x', '2:3 credentials.a/b.owner: the field "owner" is missing, expected a string'],
    ['missing in a connector', ' host: h,', '', 'a/b.provider.host: the field "host" is missing, expected a string'],
    ['of another type', 'owner: me', 'owner: [me]', '3:12 credentials.a/b.owner: found a list, expected a string'],
    ['left empty', 'owner: me', 'owner:', 'a/b.owner: found an empty value, expected a string'],
    [
      'too big',
      'host: h',
      'host: h, port: 70000',
      '4:46 credentials.a/b.provider.port: found 70000, expected at most 65535',
    ],
    ['not whole', 'host: h', 'host: h, port: 1.5', 'port: found a number, expected a whole number'],
    [
      'not in the list, but near',
      'host: h',
      'host: h, mode: plan',
      'mode: found "plan", expected "plain" or "verify"; did you mean "plain"?',
    ],
    ['not in the list', 'host: h', 'host: h, mode: hunter2-xyz', 'mode: found a string, expected "plain" or "verify"'],
    [
      'a number for a duration',
      owner,
      `${owner}    grace: 60\n`,
      '4:12 credentials.a/b.grace: found a number, expected a duration such as 30s',
    ],
    ['words for a duration', owner, `${owner}    soak: 1 day\n`, 'soak: found a string, expected a duration such as'],
    [
      'a duration of centuries',
      owner,
      `${owner}    soak: 99999999999999999999d\n`,
      'soak: found a string, expected at most 3650d',
    ],
    [
      'a wrong duration at a connector',
      'host: h',
      'host: h, connectTimeout: 5',
      'connectTimeout: found a number, expected a duration',
    ],
    [
      'an unknown provider',
      'type: logins',
      'type: login',
      '4:23 credentials.a/b.provider.type: found the unknown provider "login", expected one of logins, tokens, single, stored; did you mean "logins"?',
    ],
    ['an unknown vault', 'vault: box', 'vault: safe', 'targets[0].vault: found an unknown vault, expected one of box'],
    ['an unknown consumer', 'type: call', 'type: cal', 'consumers[0].type: found the unknown consumer "cal"'],
    [
      'a shape that is none',
      'value: url',
      'value: URI',
      'value: found "URI", expected "raw", "url" or a mapping; did you mean "url"?',
    ],
    [
      'a shape misspelt',
      'value: url',
      'value: { jsn: { a: user } }',
      'value.jsn: unknown field "jsn"; did you mean "json"?',
    ],
    ['a reference misspelt', '{ env: A }', '{ enf: A }', 'admin.enf: unknown field "enf"; did you mean "env"?'],
    ['two references', '{ env: A }', '{ env: A, file: b }', 'admin: found a mapping, expected a reference'],
    ['no reference', '{ env: A }', '{}', 'admin: found a mapping, expected a reference'],
    ['an id with a step up', 'a/b:', 'a/../b:', '2:3 credentials.a/../b: found another id, expected a path such as'],
    ['an id with a control character', 'a/b:', '"a/\\e[31mb":', '2:3 credentials.a/?[31mb: found another id'],
    ['an id without end', 'a/b:', `${'a'.repeat(201)}:`, 'expected at most 200 characters'],
    [
      'no targets',
      /targets: .*/.exec(minimal)?.[0] ?? '',
      'targets: []',
      'targets: found an empty list, expected at least 1 entry',
    ],
    [
      'a credential that is text',
      '\n    owner: me',
      ' x\n  c:\n    owner: me',
      '2:8 credentials.a/b: found a string, expected a mapping',
    ],
  ])('%s', async (_name, from, to, expected) => {
    expect((await errorIn(changed(from, to))).message).toContain(expected);
  });

  it('reports a misspelt field once, and everything else that is wrong as well, in order', async () => {
    const text = valid
      .replace('host: db', 'hots: db')
      .replace('vault: box', 'vault: boxx')
      .replace('canary: 1', 'canary: 21')
      .replace('sql:', 'slq:')
      .replace('grace: 2h', 'grace: 2 hours');
    expect(
      (await errorIn(text)).problems.map(({ line, column, path }) => `${line}:${column} ${path.split('URL.')[1]}`),
    ).toEqual([
      '6:31 provider.hots',
      '8:30 targets[0].vault',
      '10:97 consumers[0].canary',
      '13:11 smokeTests[0].slq',
      '15:12 grace',
    ]);
  });

  it('checks a reference to a vault with the schema of that vault', async () => {
    const reference = (target: string) => changed('{ env: A }', `{ target: ${target} }`);
    await expect(parse(reference('{ vault: box, secret: admin }'))).resolves.toBeDefined();
    expect(await problemsIn(reference('{ vault: box, secert: admin }'))).toEqual([
      expect.stringContaining('provider.admin.target.secert: unknown field "secert"; did you mean "secret"?'),
    ]);
    expect(await problemsIn(reference('{ vault: bx, secret: admin }'))).toEqual([
      expect.stringContaining('provider.admin.target.vault: found the unknown vault "bx"'),
    ]);
  });

  it('cuts a list that nobody would read to its end', async () => {
    const many = Array.from({ length: 150 }, (_, i) => `  c${i}:\n`).join('');
    const error = await errorIn(`credentials:\n${many}`);
    expect(error.problems).toHaveLength(150);
    expect(error.message.split('\n').at(-1)).toBe('and 50 more');
  });
});
