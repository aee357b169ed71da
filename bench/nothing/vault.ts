import { z } from 'zod';
import {
  KeyturnError,
  Secret,
  type Vault,
  type VaultConnector,
  type Version,
  type Which,
} from '../../contract/index.ts';
import { readState, writeState } from './state.ts';

const schema = z.strictObject({
  vault: z.literal('nothing'),
  /** What stands there. */
  file: z.string().min(1),
});
type Config = z.infer<typeof schema>;

interface State {
  made: number;
  current?: string;
  pending?: string;
  previous?: string;
  values: Record<string, string>;
}

const empty: State = { made: 0, values: {} };

/** A vault whose place is a small file: it stages and destroys, and answers at once. */
export const vault: VaultConnector<Config> = {
  kind: 'vault',
  name: 'nothing',
  schema: schema as VaultConnector<Config>['schema'],
  location: ({ file }) => file,
  powers: () => ({ staging: true, destroys: true, readsBack: true, propagationMsMax: 0 }),
  classify: (error) => (error instanceof KeyturnError ? error.kind : undefined),
  open,
};

function open({ file }: Config): Vault {
  const load = () => readState(file, empty);
  return {
    async read(_ctx, which) {
      const { values, ...labels } = load();
      const id = idOf(labels, which);
      const value = id === undefined ? undefined : values[id];
      return id === undefined || value === undefined ? 'absent' : { value: new Secret(value), version: { id } };
    },
    async write(_ctx, value, expected) {
      const state = load();
      const { pending } = state;
      if (pending !== undefined && state.values[pending] === value.reveal()) return { id: pending };
      refuseUnless(state, expected);
      const id = String(state.made + 1);
      const label = expected === 'absent' ? { current: id } : { pending: id };
      writeState(file, { ...state, ...label, made: state.made + 1, values: { ...state.values, [id]: value.reveal() } });
      return { id };
    },
    async moveCurrent(_ctx, to, expected) {
      const { pending: _pending, ...state } = load();
      if (state.current === to) return { id: to };
      refuseUnless(state, expected);
      writeState(file, { ...state, current: to, previous: expected });
      return { id: to };
    },
    async destroy(_ctx, version) {
      const { values, ...state } = load();
      const { [version]: _gone, ...kept } = values;
      writeState(file, { ...state, values: kept });
    },
  };
}

function idOf(labels: Omit<State, 'values'>, which: Which): string | undefined {
  return typeof which === 'string' ? labels[which] : which.id;
}

function refuseUnless({ current }: State, expected: Version['id'] | 'absent'): void {
  if ((current ?? 'absent') === expected) return;
  throw new KeyturnError('conflict', `it serves ${current ?? 'nothing'}, not ${expected}`);
}

/** The value that a target serves before the first rotation. */
export function storeFirst(file: string, value: string): void {
  writeState(file, { made: 1, current: '1', values: { '1': value } } satisfies State);
}
