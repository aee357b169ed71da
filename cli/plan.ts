import type { Credential, InspectionInput, Plan } from '../contract/index.ts';
import { approvalWords } from './describe.ts';
import type { Output } from './output.ts';
import type { Shell } from './shell.ts';
import { withTemporal } from './temporal.ts';
import { moment } from './words.ts';

/** Has a worker look as a rotation would; nothing is begun. */
export async function planned(shell: Shell, input: InspectionInput): Promise<Plan> {
  const { inspect } = await import('../client/inspections.ts');
  const { requireWorkers } = await import('./workers.ts');
  return withTemporal(shell, async (temporal) => {
    await requireWorkers(temporal, input.credential, 'nothing was looked at');
    return inspect(temporal.client, input);
  });
}

/** For people: what stands, and what would become of it. */
export function planWords(
  out: Output,
  asked: Pick<Credential, 'approval'>,
  { byHand, credential, from, goes, goesFirst, hash, keys, order, targets }: Plan,
): string {
  const fates = new Map([
    ...goesFirst.map((id) => [id, 'goes first'] as const),
    ...goes.map((id) => [id, 'goes'] as const),
  ]);
  const now = Date.now();
  const isOpen = from !== 'never' && Date.parse(from) <= now;
  return [
    out.paint('bold', credential),
    ...targets.map(({ keyId, name, version }) => `  target ${name} serves ${keyId} (version ${version})`),
    ...keys.map(({ createdAt, id, state }) => {
      const made = createdAt === undefined ? '' : `, made ${moment(createdAt)}`;
      return `  key ${id} (${state}${made}): ${fates.get(id) ?? 'stays'}`;
    }),
    ...approvalWords(asked).map((line) => `  ${line}`),
    `  ${newKeyWords(order, byHand)}`,
    isOpen
      ? '  it may begin now'
      : `  it may begin ${from === 'never' ? 'never: see its calendar' : `at ${moment(from)}`}`,
    `  plan ${hash}`,
  ].join('\n');
}

function newKeyWords(order: Plan['order'], byHand: Plan['byHand']): string {
  if (byHand) return 'a new key is made by hand, and handed in';
  return order === 'in-place' ? 'a new value takes its place' : 'a new key is made beside it';
}
