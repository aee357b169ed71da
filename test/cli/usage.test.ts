import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { CommandLine } from './command-line.ts';

const commands = [
  ['check'],
  ['up'],
  ['worker'],
  ['rotate'],
  ['compromised'],
  ['status'],
  ['list'],
  ['inventory'],
  ['discover'],
  ['history'],
  ['watch'],
  ['plan'],
  ['apply'],
  ['pause'],
  ['resume'],
  ['approve'],
  ['reject'],
  ['proceed'],
  ['rollback'],
  ['retry'],
  ['resolve'],
  ['adopt'],
  ['attest'],
  ['store'],
  ['completion'],
  ...['status', 'watch', 'list', 'pause', 'resume', 'cancel'].map((verb) => ['fleet', verb]),
  ...['init', 'list', 'rotate'].map((verb) => ['keys', verb]),
  ['audit', 'verify'],
  ['audit', 'export'],
  ['audit', 'bundle'],
  ['audit', 'migrate'],
];

test('the help names every command, the environment and every exit code', async () => {
  const { code, stdout } = await CommandLine.forTest().run(['--help']);
  expect(code).toBe(0);
  for (const [name] of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  for (const number of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`^ +${number}  \\w`, 'm'));
  expect(stdout).toContain('KEYTURN_HOME');
});

test('the handbook has every command and every exit code', () => {
  const handbook = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  for (const name of commands) expect(handbook).toMatch(new RegExp(`^\\| \`${name.join(' ')}[ \`]`, 'm'));
  for (const number of Object.values(exitCodes)) expect(handbook).toMatch(new RegExp(`^\\| ${number} \\|`, 'm'));
});

test.for(commands)('the help of %s has an example and the common options', async (name) => {
  const { code, stdout } = await CommandLine.forTest().run([...name, '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Examples?:\n {2}\$ .*keyturn /);
  expect(stdout).toContain('--json');
});

test('an unknown command is wrong usage, and the nearest one is named', async () => {
  const { code, stderr } = await CommandLine.forTest().run(['rotat', 'x']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('Did you mean rotate?');
});

test('an unknown option is wrong usage, and the nearest one is named', async () => {
  const { code, stderr } = await CommandLine.forTest().run(['rotate', 'x', '--urgncy', 'routine']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('Did you mean --urgency?');
});

test.for([
  ['rotate'],
  ['rotate', 'x', '--urgency', 'at-once'],
  ['rotate', 'x', '--timeout', 'soon'],
  ['attest', 'x', '--instance', 'i'],
  ['up', '--port', '70000'],
  ['audit', 'verify', 'x', '--head', '3'],
  ['audit'],
])('wrong usage: %s', async (args) => {
  const { code, stderr } = await CommandLine.forTest().run(args);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test.for([[], ['--json']])(
  'what stands behind an option that there is not may be a secret, and is not said again %s',
  async (more) => {
    const { code, stderr, stdout } = await CommandLine.forTest().run(['--value=hunter2', 'store', 'x', ...more]);
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain("unknown option '--value'");
    expect(stderr + stdout).not.toContain('hunter2');
  },
);

test('with --json an error is the last line of standard output', async () => {
  const { code, json } = await CommandLine.forTest().run(['rotate', 'x', '--nonsense', '--json']);
  expect(code).toBe(exitCodes.usage);
  expect(json).toMatchObject({ error: { kind: 'usage', message: expect.stringContaining('--nonsense') }, exitCode: 2 });
});

test('a wrong setting in the environment is named', async () => {
  const { code, stderr } = await CommandLine.forTest().run(['check'], { env: { KEYTURN_LOG: 'loud' } });
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('KEYTURN_LOG');
});

test('no colours where no terminal is', async () => {
  const { stderr } = await CommandLine.forTest().run(['check']);
  expect(stderr).toMatch(/^error: /);
});

// A Node that does not run TypeScript stands for one that is too old.
const tooOld = ['--no-strip-types'];

test('a Node that is too old hands over to the one that npm installed', async () => {
  const { code, stdout } = await CommandLine.forTest().run(['--version'], { nodeOptions: tooOld });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test('the exit code of the Node that npm installed is passed on', async () => {
  const { code } = await CommandLine.forTest().run(['nonsense'], { nodeOptions: tooOld });
  expect(code).toBe(exitCodes.usage);
});

test('a Node that is too old and finds no other says so in one line', async () => {
  const env = { KEYTURN_REEXECUTED: '1' };
  const { code, stderr } = await CommandLine.forTest().run(['--version'], { nodeOptions: tooOld, env });
  expect(code).toBe(1);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining('needs Node')]);
});
