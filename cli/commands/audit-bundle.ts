import type { Command } from '@commander-js/extra-typings';
import type { Bundle } from '../../connectors/audit/bundle.ts';
import type { AuditRecord, KeyRing, RotationId } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import { openExistingSink, ringBeside } from '../audit-sink.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { lastIn, unknownRotation } from '../last-rotation.ts';
import { writeNewFile } from '../new-file.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { count } from '../words.ts';

const notes = `
\`keyturn audit verify --bundle <file>\` checks it, on any machine, without the audit. docs/audit.md says what that shows.

Example:
  $ keyturn audit bundle production/orders/DATABASE_URL --out orders.json`;

export function addAuditBundle(audit: Command): void {
  withGlobals(audit.command('bundle'))
    .description('Write what the audit has of one rotation, with its proof, into one JSON file for somebody else.')
    .argument('<id>', 'the credential')
    .requiredOption('--out <file>', 'into this new file, readable by you alone')
    .option('--rotation <id>', 'this rotation (default: the last one)')
    .option('--audit <sink:location>', 'the audit to read (default: as KEYTURN_AUDIT)')
    .addHelpText('after', notes)
    .action(async (id, options, command) => {
      process.exitCode = await bundle(shellOf(command), id, options);
    });
}

interface Options {
  out: string;
  rotation?: RotationId;
  audit?: string;
}

async function bundle(shell: Shell, id: string, { audit, out: file, rotation }: Options): Promise<ExitCode> {
  const { bundleOf } = await import('../../connectors/audit/bundle.ts');
  const keys = await ringBeside(shell);
  const chain = await verifiedChain(shell, id, audit, keys);
  const wanted = rotation ?? lastIn(chain);
  if (wanted === undefined || !chain.some(({ entry }) => entry.rotation === wanted)) {
    throw unknownRotation('the audit does not know', id, rotation, chain);
  }
  const made = await bundleOf(chain, { rotation: wanted, at: new Date().toISOString(), ...(keys && { keys }) });
  await writeNewFile(file, [`${JSON.stringify(made, null, 2)}\n`]);
  say(shell, file, made);
  return exitCodes.ok;
}

/** What is broken proves nothing: it is not handed on as if it did. */
async function verifiedChain(
  shell: Shell,
  id: string,
  audit: string | undefined,
  keys: KeyRing | undefined,
): Promise<AuditRecord[]> {
  const { verifyChain } = await import('../../connectors/audit/verify.ts');
  const sink = await openExistingSink(shell, audit);
  try {
    const chain = await sink.read(id);
    const found = await verifyChain(chain, { ...(keys && { keys }) });
    if (found.ok && chain.every(({ entry }) => entry.credential === id)) return chain;
    throw new KeyturnError('conflict', `the audit chain of ${id} is broken: no bundle was made`, {
      fix: `\`keyturn audit verify ${id}\` says where`,
    });
  } finally {
    await sink.close();
  }
}

function say({ out }: Shell, file: string, { chain, credential, hash, records, rotation, signedBy }: Bundle): void {
  const head = { seq: chain.length, hash: chain.at(-1) ?? '' };
  const signed =
    signedBy === null ? 'not signed: there is no key ring to sign with in KEYTURN_HOME' : `signed by ${signedBy}`;
  out.say(`${file}: ${count(records.length, 'record')} of the rotation ${rotation}; ${signed}.`);
  out.say(`The chain's head is ${head.seq}:${head.hash}.`);
  out.data({ file, credential, rotation, records: records.length, head, hash, signedBy });
}
