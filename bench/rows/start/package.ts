import { mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pack } from '../../../test/package/packed.ts';
import { root, run } from '../../../test/package/run.ts';

/** The command line of this clone. */
export const cloned = join(root, 'bin', 'keyturn.js');

/** The package, as it is installed elsewhere: what was built, beside the dependencies of this clone. */
export interface Unpacked {
  /** What a user's `npx keyturn` runs. */
  bin: string;
  packedBytes: number;
  unpackedBytes: number;
  bundleBytes: number;
}

export async function unpackedIn(folder: string): Promise<Unpacked> {
  const { file, size, unpackedSize } = await pack(folder);
  const own = join(folder, 'node_modules', 'keyturn');
  await mkdir(own, { recursive: true });
  await run('tar', ['-xzf', file, '--strip-components=1', '-C', own], { cwd: folder });
  await symlink(join(root, 'node_modules'), join(own, 'node_modules'));
  const { size: bundleBytes } = await stat(join(own, 'dist', 'workflow-bundle.js'));
  return { bin: join(own, 'bin', 'keyturn.js'), packedBytes: size, unpackedBytes: unpackedSize, bundleBytes };
}

export interface Part {
  name: string;
  bytes: number;
}

/** What stands beside the package when it is installed: by the lock file, as far as it is installed on this system. The largest first. */
export async function dependencies(): Promise<Part[]> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: true }>;
  };
  const needed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  const parts = await Promise.all(
    needed.map(async ([path]) => ({
      name: path.replace(/^.*node_modules\//, ''),
      bytes: await bytesIn(join(root, path)),
    })),
  );
  return parts.filter(({ bytes }) => bytes > 0).sort((one, other) => other.bytes - one.bytes);
}

/** Its own dependencies apart, which the lock file names by themselves. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = entries.map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? 0 : bytesIn(path);
    return entry.isFile() ? stat(path).then(({ size }) => size) : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0);
}
