import type { Finding } from '../../row.ts';
import { dependencies, type Unpacked } from './package.ts';

const largestShown = 5;

export async function sizes({ bundleBytes, packedBytes, unpackedBytes }: Unpacked): Promise<Finding[]> {
  const parts = await dependencies();
  const sum = parts.reduce((bytes, part) => bytes + part.bytes, 0);
  const largest = parts.slice(0, largestShown).map(({ bytes, name }) => `${name} ${mebibytes(bytes).toFixed(1)}`);
  const unpacked = `the package, unpacked: ${mebibytes(unpackedBytes).toFixed(1)} MiB`;
  return [
    size('package, packed', packedBytes, unpacked),
    size('bundle of the workflows', bundleBytes, unpacked),
    size(
      `installed, with the ${parts.length} packages that it needs here`,
      unpackedBytes + sum,
      `the largest: ${largest.join(', ')}`,
    ),
  ];
}

function size(what: string, bytes: number, comparedTo: string): Finding {
  return { what, unit: 'MiB', median: mebibytes(bytes), runs: 1, comparedTo };
}

function mebibytes(bytes: number): number {
  return bytes / 2 ** 20;
}
