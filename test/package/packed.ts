import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from './run.ts';

interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string }[];
}

const sizeMax = 1_500_000;

export interface Package {
  file: string;
  report: string;
  /** In bytes. */
  size: number;
  unpackedSize: number;
}

/** Builds and packs, and looks at what is in it. */
export async function pack(folder: string): Promise<Package> {
  await run(process.execPath, ['scripts/build.js'], { cwd: root });
  const text = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: root });
  const [packed] = JSON.parse(text) as [Packed];
  const { files, filename, size, unpackedSize } = packed;
  if (size > sizeMax) throw new Error(`the package has ${size} bytes, more than ${sizeMax}`);
  const wrong = files
    .map(({ path }) => path)
    .filter((path) => /\.test\.|harness\.(?!js$|d\.ts$)|\.map$|(?<!\.d)\.ts$|\.env/.test(path));
  if (wrong.length > 0) throw new Error(`these do not belong into the package: ${wrong.join(', ')}`);
  for (const { path } of files) await expectOfNoMachine(path);
  const report = `${filename}: ${kb(size)} packed, ${kb(unpackedSize)} unpacked, ${files.length} files`;
  return { file: join(folder, filename), report, size, unpackedSize };
}

/** A source map, base64 or not, must not name the folders of whoever has built it. */
async function expectOfNoMachine(path: string): Promise<void> {
  const text = await readFile(join(root, path), 'utf8');
  const [, map = ''] = /sourceMappingURL=data:[^,]*,(.*)/.exec(text) ?? [];
  if (text.includes(root) || Buffer.from(map, 'base64').includes(root)) throw new Error(`${path} names ${root}`);
}

function kb(bytes: number): string {
  return `${Math.round(bytes / 1024)} kB`;
}
