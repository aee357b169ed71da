import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Rotating, startRotating } from '../../support/rotating.ts';
import { openCell } from './cell.ts';
import { type Ending, endings, nameOf, refused } from './endings.ts';
import type { ProviderKind, VaultKind } from './sides.ts';
import { aws } from './vaults/aws.ts';
import { file } from './vaults/file.ts';
import { googleAlias, googleLatest } from './vaults/google.ts';

const vaults = [file, aws, googleAlias, googleLatest];
const oneVault = vaults.flatMap((vault): VaultKind[][] => [[vault], [vault, vault]]);
/** With and without staging, that can and that cannot destroy. The first is the primary, which changes last. */
const twoVaults: VaultKind[][] = [
  [aws, googleLatest],
  [googleAlias, file],
];

const product = [...oneVault, ...twoVaults].flatMap((places) =>
  (Object.keys(endings) as Ending[]).map((ending) => ({ places, ending })),
);

/** A stored value is served only when those who check it accept it, which takes a place where it can be read before. */
const canBe = (provider: ProviderKind, places: readonly VaultKind[]) =>
  provider.name !== 'random' || places[0] !== googleLatest;

/** All cells of one provider: each vault, one and two targets, each ending. They share a worker and run at the same time. */
export function matrixOf(provider: ProviderKind): void {
  let rotating: Rotating;
  beforeAll(async () => {
    rotating = await startRotating();
  });
  afterAll(() => rotating?.stop());

  describe.concurrent(provider.name, () => {
    for (const { places, ending } of product) {
      const isRefused = !canBe(provider, places);
      const suffix = isRefused ? ' (refused: no staging)' : '';
      test(`${cellName(provider, places, ending)}${suffix}`, async ({ onTestFinished }) => {
        const onEnd = (work: () => Promise<unknown>) => onTestFinished(() => work().then(() => {}));
        const cell = await openCell({ rotating, provider, places, fails: ending === 'restored', onEnd });
        await (isRefused ? refused(cell, /has no staging/) : endings[ending](cell));
      });
    }
  });
}

function cellName(provider: ProviderKind, places: readonly VaultKind[], ending: Ending): string {
  const vaultNames = [...new Set(places.map(({ name }) => name))].join(' and ');
  const count = places.length === 1 ? 'one target' : 'two targets';
  return `${provider.name} x ${vaultNames}, ${count}: ${nameOf(ending, provider)}`;
}
