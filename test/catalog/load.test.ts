import { describe, expect, it } from 'vitest';
import { knownConnectors, loadAudit, loadConsumer, loadProvider, loadVault, nearest } from '../../connectors/load.ts';

const kinds = [
  { kind: 'provider', load: loadProvider },
  { kind: 'vault', load: loadVault },
  { kind: 'consumer', load: loadConsumer },
  { kind: 'audit', load: loadAudit },
] as const;

describe.each(kinds)('$kind connectors', ({ kind, load }) => {
  const names = knownConnectors(kind);

  it('are there, sorted', () => {
    expect(names).not.toEqual([]);
    expect(names).toEqual([...names].sort());
  });

  it.each(names)('%s loads, and is what its folder says', async (name) => {
    const connector = await load(name);
    expect(connector).toMatchObject({ kind, name });
    expect(await load(name)).toBe(connector);
  });

  it.each([
    '',
    '.',
    '..',
    '../providers',
    './',
    '/etc',
    '%2e%2e',
    'constructor',
    'a'.repeat(10_000),
    '\u0000',
    'file:x',
  ])('a name that no folder has is refused: %j', async (name) => {
    await expect(load(name)).rejects.toMatchObject({ name: 'KeyturnError', kind: 'invalid' });
  });

  it('a misspelt name is answered with the nearest and all known ones', async () => {
    const [first = ''] = names;
    await expect(load(`${first}x`)).rejects.toMatchObject({
      message: expect.stringContaining(`there is no ${kind} connector "${first}x"`),
      fix: `did you mean "${first}"? known: ${names.join(', ')}`,
    });
  });
});

describe('nearest', () => {
  it.each([
    ['hots', ['host', 'port'], 'host'],
    ['HOST', ['host'], 'host'],
    ['gcp-secret-manger', ['aws-secrets-manager', 'gcp-secret-manager'], 'gcp-secret-manager'],
    ['zebra', ['grace', 'soak'], undefined],
    ['x', [], undefined],
    ['x'.repeat(1_000), ['x'], undefined],
  ])('%s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });
});
