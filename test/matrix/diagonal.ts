import { table } from '../../workflows/steps.ts';
import { awsIam } from '../e2e/matrix/providers/aws.ts';
import { postgres, postgresInPlace } from '../e2e/matrix/providers/postgres.ts';
import type { ProviderKind, VaultKind } from '../e2e/matrix/sides.ts';
import { aws } from '../e2e/matrix/vaults/aws.ts';
import { file } from '../e2e/matrix/vaults/file.ts';
import { googleAlias } from '../e2e/matrix/vaults/google.ts';
import { type FaultKind, faultKinds } from '../world/faults.ts';

/** A step of the table with one fault, in one pair of real systems. */
export interface Pair {
  step: string;
  during: 'run' | 'undo';
  fault: FaultKind;
  provider: ProviderKind;
  vault: VaultKind;
}

const systems = [
  { provider: postgres, vault: file },
  { provider: awsIam, vault: aws },
  { provider: postgres, vault: googleAlias },
];
const inPlace = { provider: postgresInPlace, vault: file };

/** As the table says of them. */
const onlyReads = ({ undo }: (typeof table.steps)[number]) => 'none' in undo && /only reads/.test(undo.none);

const withEffects: Pick<Pair, 'step' | 'during'>[] = [
  ...table.steps.filter((step) => !onlyReads(step)).map(({ name }) => ({ step: name, during: 'run' as const })),
  ...table.steps.filter(({ undo }) => 'run' in undo).map(({ name }) => ({ step: name, during: 'undo' as const })),
];

/** Where somebody else could do the same thing. */
const isContested = ({ during, step }: Pick<Pair, 'step' | 'during'>) => step === 'write' && during === 'run';

/** Every step with effects once, forwards and back, and every fault at least once. */
export function diagonal(): Pair[] {
  let left = [...faultKinds];
  return withEffects.map((row, index) => {
    const fits = (kind: FaultKind) => (kind === 'stranger') === isContested(row);
    if (!left.some(fits)) left = [...faultKinds];
    const fault = left.find(fits) as FaultKind;
    left = left.filter((kind) => kind !== fault);
    const system = row.step === 'switch' ? inPlace : systems[index % systems.length];
    return { ...row, fault, ...(system ?? inPlace) };
  });
}
