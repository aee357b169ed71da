import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { candidates } from '../../cli/completion.ts';
import { program } from '../../cli/program.ts';
import { CommandLine, storedCatalog } from './command-line.ts';

const ids = ['production/orders/DATABASE_URL', 'production/hook/SECRET', 'staging/hook/SECRET'];

async function completed(...words: string[]): Promise<string[]> {
  const found = await candidates(program(), words, {
    idsOf: async (file) => (file === 'other.yaml' ? ['o/ther'] : ids),
  });
  return found.map(({ text }) => text);
}

test('commands, also those below a command, and none that is hidden', async () => {
  expect(await completed('')).toEqual(expect.arrayContaining(['check', 'rotate', 'audit', 'completion']));
  expect(await completed('')).not.toContain('__complete');
  expect(await completed('re')).toEqual(['resume', 'reject', 'retry', 'resolve']);
  expect(await completed('audit', 'ex')).toEqual(['export']);
  expect(await completed('--json', 'rotat')).toEqual(['rotate']);
});

test('every command completes its own options', async () => {
  for (const command of program().commands) {
    const found = await completed(command.name(), '--');
    expect(found).toEqual(expect.arrayContaining(command.options.flatMap(({ long }) => long ?? [])));
  }
  expect(await completed('rotate', '--urg')).toEqual(['--urgency']);
  expect(await completed('--cat')).toEqual(['--catalog']);
});

test('the choices of an option, however it is written', async () => {
  expect(await completed('audit', 'export', '--format', '')).toEqual(['jsonl', 'csv']);
  expect(await completed('audit', 'export', '--format=c')).toEqual(['--format=csv']);
  // As bash takes them apart.
  expect(await completed('audit', 'export', '--format', '=', 'c')).toEqual(['csv']);
  expect(await completed('audit', 'export', '--format', '=')).toEqual(['jsonl', 'csv']);
});

test('credentials of the catalog that was named, each once, and only where one belongs', async () => {
  expect(await completed('rotate', 'prod')).toEqual(ids.slice(0, 2));
  expect(await completed('rotate', '--reason', 'because', 'stag')).toEqual(['staging/hook/SECRET']);
  expect(await completed('list', 'staging/hook/SECRET', '')).toEqual(ids.slice(0, 2));
  expect(await completed('status', 'staging/hook/SECRET', '')).toEqual([]);
  expect(await completed('audit', 'verify', '--', 'stag')).toEqual(['staging/hook/SECRET']);
  for (const named of [['-c', 'other.yaml'], ['--catalog', 'other.yaml'], ['--catalog=other.yaml']]) {
    expect(await completed('rotate', ...named, '')).toEqual(['o/ther']);
    expect(await completed(...named, 'rotate', '')).toEqual(['o/ther']);
  }
});

test('where a file or a text belongs, nothing: that is for the shell', async () => {
  expect(await completed('audit', 'bundle', 'x', '--out', '')).toEqual([]);
  expect(await completed('rotate', '--reason', '')).toEqual([]);
  expect(await completed('worker', '')).toEqual([]);
});

const shells = {
  bash: ({ script, words }: Typed) =>
    `${script}
    COMP_WORDS=(${words.map((word) => JSON.stringify(word)).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    complete -p keyturn > /dev/null && _keyturn && printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: ({ script, words }: Typed) =>
    `compdef() { [[ "$*" = '_keyturn keyturn' ]] }; _describe() { print -l -- "\${(@P)2}" }; _files() { : }
    ${script}
    words=(${words.map((word) => JSON.stringify(word)).join(' ')}); CURRENT=\${#words}; _keyturn`,
  fish: ({ script, words }: Typed) => `${script}\ncomplete -C ${JSON.stringify(words.join(' '))}`,
};
type ShellName = keyof typeof shells;

interface Typed {
  script: string;
  words: readonly string[];
}

const isThere = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

describe.for(Object.keys(shells) as ShellName[])('%s', (shell) => {
  test.skipIf(!isThere(shell))(
    `completes commands, credentials and choices, and is silent without a catalog${isThere(shell) ? '' : ' (skipped: it is not on this machine)'}`,
    () => {
      const line = CommandLine.forTest();
      const folder = join(line.folder, 'bin');
      mkdirSync(folder);
      const bin = fileURLToPath(new URL('../../bin/keyturn.js', import.meta.url));
      writeFileSync(join(folder, 'keyturn'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, { mode: 0o755 });
      const env = { ...line.env, PATH: `${folder}:${line.env.PATH}` };
      const options = { cwd: line.folder, env, encoding: 'utf8' } as const;
      const script = spawnSync('keyturn', ['completion', shell], options).stdout;
      const typed = (...words: string[]) => {
        const text = shells[shell]({ script, words: ['keyturn', ...words] });
        const { stderr, stdout } = spawnSync(shell, ['-c', text], options);
        expect(stderr).toBe('');
        return stdout.split('\n').flatMap((found) => found.split(/[\t:]/)[0]?.trim() || []);
      };
      expect(typed('rotate', 'demo')).toEqual([]);
      line.catalog(storedCatalog);
      expect(typed('rotate', '--urgency', 'ex')).toEqual(['expedited']);
      expect(typed('list', '')).toEqual(['demo/webhook/SECRET']);
    },
  );
});

test('a catalog that is wrong in all else has ids; one that is no YAML has none, and nothing is said', async () => {
  const line = CommandLine.forTest();
  const complete = () => line.run(['__complete', '--', 'rotate', '']);
  expect(await complete()).toMatchObject({ code: 0, stdout: '', stderr: '' });
  line.catalog('credentials: { demo/one: { owner: 1 }, "$(touch x)": {} }\nnonsense: 1\n');
  expect(await complete()).toMatchObject({ code: 0, stdout: 'demo/one\tcredential\n', stderr: '' });
  line.catalog('{ no: yaml');
  expect(await complete()).toMatchObject({ code: 0, stdout: '', stderr: '' });
});
