import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { ChainHead, Verification } from '../../connectors/audit/verify.ts';
import type { AuditRecord, AuditSink, KeyRing } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import { audited, openExistingSink, ringBeside } from '../audit-sink.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { count } from '../words.ts';

const notes = `
Examples:
  $ keyturn audit verify production/orders/DATABASE_URL --head 42:9f86d0...
  $ keyturn audit verify --bundle orders.json --key 8vQ2...`;

export function addAuditVerify(audit: Command): void {
  withGlobals(audit.command('verify'))
    .description('Check every chain of the audit, or those named: nothing altered, missing or out of order.')
    .argument('[ids...]', 'credentials (default: all that the audit holds)')
    .option('--head <seq:hash>', 'a head that the one named chain is known to have reached', asHead)
    .option('--audit <sink:location>', 'the audit to check (default: as KEYTURN_AUDIT)')
    .option('--bundle <file>', 'check this bundle of `keyturn audit bundle` instead, without any audit')
    .option('--key <thumbprint>', 'with --bundle: the only key that may have signed, as it is known from elsewhere')
    .addHelpText('after', notes)
    .action(async (ids, options, command) => {
      process.exitCode = await verify(shellOf(command), ids, options);
    });
}

function asHead(text: string): ChainHead {
  const [, seq, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq !== undefined && hash !== undefined) return { seq: Number(seq), hash };
  throw new InvalidArgumentError('a head is <seq>:<hash>, the hash of 64 hexadecimal digits.');
}

interface Options {
  head?: ChainHead;
  audit?: string;
  bundle?: string;
  key?: string;
}

interface Chain {
  credential: string;
  found: Verification;
}

async function verify(shell: Shell, ids: string[], options: Options): Promise<ExitCode> {
  const { audit, bundle, head, key } = options;
  if (bundle !== undefined) {
    if (ids.length > 0 || audit !== undefined)
      throw new KeyturnError('invalid', '--bundle is checked by itself: name neither credentials nor an audit');
    const { verifyBundleFile } = await import('../bundle-file.ts');
    return verifyBundleFile(shell, bundle, options);
  }
  if (key !== undefined) throw new KeyturnError('invalid', '--key is for --bundle');
  if (head && ids.length !== 1) throw new KeyturnError('invalid', '--head is of one chain: name one credential');
  const sink = await openExistingSink(shell, audit);
  try {
    const keys = await ringBeside(shell);
    const chains: Chain[] = [];
    for (const credential of await audited(sink, ids)) chains.push(await check(sink, credential, { head, keys }));
    return say(shell, chains, keys !== undefined);
  } finally {
    await sink.close();
  }
}

async function check(sink: AuditSink, credential: string, known: { head?: ChainHead; keys?: KeyRing }): Promise<Chain> {
  const records = await readable(sink, credential);
  if (!Array.isArray(records)) return { credential, found: records };
  if (records.length === 0 && !known.head) {
    throw new KeyturnError('not-found', `the audit holds nothing of ${credential}`, {
      fix: 'without a name, `keyturn audit verify` shows every credential that it knows',
    });
  }
  const [first] = records;
  // A chain is its credential's: one that stands whole under another name is as wrong as an altered one.
  if (first && first.entry.credential !== credential) {
    const problem = `the chain is that of ${first.entry.credential}`;
    return { credential, found: { ok: false, seq: first.seq, problem } };
  }
  const { verifyChain } = await import('../../connectors/audit/verify.ts');
  const { head, keys } = known;
  return { credential, found: await verifyChain(records, { ...(head && { head }), ...(keys && { keys }) }) };
}

/** A record that cannot even be read breaks its chain, and no other. */
async function readable(sink: AuditSink, credential: string): Promise<AuditRecord[] | Verification> {
  try {
    return await sink.read(credential);
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.kind !== 'invalid') throw error;
    return { ok: false, seq: 0, problem: error.message };
  }
}

function say({ out }: Shell, chains: readonly Chain[], signaturesChecked: boolean): ExitCode {
  const broken = chains.filter(({ found }) => !found.ok);
  if (chains.length === 0) out.result('The audit holds nothing yet.');
  for (const chain of chains) {
    const mark = chain.found.ok ? out.paint('green', 'ok     ') : out.paint('red', 'BROKEN ');
    out.result(`${mark} ${chain.credential}\n        ${lineOf(chain.found)}`);
  }
  if (!signaturesChecked) out.result('Signatures were not checked: there is no key ring in KEYTURN_HOME.');
  const signatures = signaturesChecked ? 'verified' : 'unchecked';
  out.data({ ok: broken.length === 0, signatures, chains: chains.map(dataOf) });
  return broken.length === 0 ? exitCodes.ok : exitCodes.unexpected;
}

function lineOf(found: Verification): string {
  if (!found.ok) return `at ${found.seq}: ${found.problem}`;
  const { closes, entries, head, open } = found;
  const ends = `${entries} ${entries === 1 ? 'entry' : 'entries'}, ${count(closes.length, 'close')}, head ${headText(head)}`;
  const intents = open.map(
    ({ seq, entry }) => `\n        open: ${entry.verb} at ${seq}, ${entry.at}: its result is not known`,
  );
  return ends + intents.join('');
}

function headText(head: ChainHead | undefined): string {
  return head ? `${head.seq}:${head.hash}` : 'none';
}

function dataOf({ credential, found }: Chain): object {
  if (!found.ok) return { credential, ...found };
  const { closes, entries, head, open } = found;
  const intents = open.map(({ seq, entry: { at, effect, verb } }) => ({ seq, at, effect, verb }));
  return { credential, ok: true, entries, closes, head: head ?? null, open: intents };
}
