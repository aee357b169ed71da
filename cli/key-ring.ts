import { readRing } from '../connectors/keyrings/file/ring-file.ts';
import { keyPurposes } from '../contract/index.ts';
import type { Shell } from './shell.ts';
import { table } from './table.ts';

const uses = {
  seal: 'values on their way, in histories',
  sign: 'closes and bundles of the audit',
  'file-vault': 'what the file vault holds',
  fingerprint: 'names of keys that have none of their own',
} as const;

/** By purpose: the ids of its keys, and which is used for what is new. */
export function ringData(file: string) {
  const ring = readRing(file);
  const keys = keyPurposes.flatMap((purpose) => {
    const found = ring.purposes[purpose];
    return (found?.keys ?? []).map(({ kid }) => ({ purpose, kid, current: kid === found?.current }));
  });
  return { file, keys };
}

/** Never a key itself. @throws KeyturnError `not-found` without a ring, `invalid` for one that others can read. */
export function sayRing({ out }: Shell, file: string): void {
  const data = ringData(file);
  const rows = data.keys.map(({ current, kid, purpose }) =>
    [purpose, kid, current ? 'in use' : 'kept for what it has made', uses[purpose]].map((text) => ({ text })),
  );
  out.result(table(['PURPOSE', 'KEY', 'STATE', 'FOR'], rows, (style, cell) => out.paint(style, cell)));
  out.result(file);
  out.data(data);
}
