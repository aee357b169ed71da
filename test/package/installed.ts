import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run } from './run.ts';

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** An empty folder into which somebody has installed the package, and their Node. */
export class Installed {
  readonly folder: string;
  /** Nothing of this machine's own settings but what Node and the search for a Temporal need. */
  readonly env: Record<string, string>;

  private constructor(folder: string) {
    this.folder = folder;
    const { HOME = '/', PATH = '', XDG_CACHE_HOME } = process.env;
    const cache: Record<string, string> = XDG_CACHE_HOME === undefined ? {} : { XDG_CACHE_HOME };
    this.env = { HOME, PATH: [join(folder, 'node_modules/.bin'), PATH].join(delimiter), NO_COLOR: '1', ...cache };
  }

  static async in(folder: string, tarball: string, others: readonly string[]): Promise<Installed> {
    await mkdir(folder);
    const installed = new Installed(folder);
    await installed.write('package.json', JSON.stringify({ name: 'somebody', private: true, type: 'module' }));
    await installed.add(tarball, ...others);
    return installed;
  }

  async add(...what: readonly string[]): Promise<void> {
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...what], { cwd: this.folder });
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.folder, name), text);
  }

  async node(args: readonly string[]): Promise<string> {
    return (await run('node', args, { cwd: this.folder, env: this.env })).trim();
  }

  async size(): Promise<number> {
    const text = await run('du', ['-sm', '--exclude=node', 'node_modules'], { cwd: this.folder });
    return Number.parseInt(text, 10);
  }

  start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    return spawn('keyturn', args, { cwd: this.folder, env: { ...this.env, ...env } });
  }

  async keyturn(
    args: readonly string[],
    options: { env?: Record<string, string>; input?: string } = {},
  ): Promise<Ended> {
    const child = this.start(args, options.env);
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    }
    child.stdin?.end(options.input ?? '');
    const [code] = (await once(child, 'close')) as [number];
    return { code, ...said };
  }
}
