import type { Change, Credential, Target } from '../../../contract/index.ts';
import { credentialOf, type Rotating } from '../../support/rotating.ts';
import type { Fields, Form, Place, ProviderKind, ProviderSide, Scene, VaultKind } from './sides.ts';

/** One target and what it served when the rotation began. */
export interface CellTarget {
  name: string;
  form: Form;
  place: Place;
  document: string;
}

export interface Cell {
  rotating: Rotating;
  kind: ProviderKind;
  side: ProviderSide;
  targets: readonly CellTarget[];
  credential(given?: Partial<Credential>): Credential;
}

export interface CellOptions {
  rotating: Rotating;
  provider: ProviderKind;
  /** The vault of each target. */
  places: readonly VaultKind[];
  fails: boolean;
  onEnd: Scene['onEnd'];
}

export async function openCell({ rotating, provider: kind, places, fails, onEnd }: CellOptions): Promise<Cell> {
  const targets: CellTarget[] = [];
  const keyAt = (change: Change) => readAt(targets, change);
  const side = await kind.open({ rotating, fails, onEnd, keyAt });
  for (const [index, vault] of places.entries()) {
    const form = side.forms[index] as Form;
    const document = form.write(side.first);
    const place = await vault.open(rotating, document);
    targets.push({ name: index === 0 ? 'main' : 'copy', form, place, document });
  }
  return { rotating, kind, side, targets, credential: (given) => credentialFor(side, targets, given) };
}

function credentialFor(side: ProviderSide, targets: readonly CellTarget[], given: Partial<Credential> = {}) {
  const declared = targets.map(({ name, form, place }): Target => ({ name, value: form.shape, ...place.located }));
  return credentialOf({
    provider: side.provider,
    targets: declared,
    smokeTests: side.smokeTests ?? [],
    consumers: side.consumers?.(declared) ?? [],
    ...given,
  });
}

async function readAt(targets: readonly CellTarget[], { target, version }: Change): Promise<Fields> {
  const found = targets.find(({ name }) => name === target);
  if (!found) throw new Error(`nobody here reads ${target}`);
  return found.form.read(await found.place.readVersion(version));
}
