import { existsSync } from 'node:fs';
import { type Command, Option } from '@commander-js/extra-typings';
import { nearest } from '../../connectors/load.ts';
import { type AttestMessage, attestationStatuses, attestMessageSchema, KeyturnError } from '../../contract/index.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { openCatalog } from '../open-catalog.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { withTemporal } from '../temporal.ts';

const notes = `
\`keyturn status <id>\` shows the key and the version that a consumer is waited for.

Example:
  $ keyturn attest production/orders/DATABASE_URL --consumer orders --instance orders-7 --version 12`;

export function addAttest(program: Command): void {
  withGlobals(program.command('attest'))
    .description('Say for one instance of a consumer what it has loaded. Needs an open rotation.')
    .argument('<id>', 'the credential')
    .requiredOption('--consumer <name>', 'as the catalog names it')
    .requiredOption('--instance <name>', 'which of its instances')
    .option('--key <keyId>', 'the key that it has loaded')
    .option('--version <version>', 'or the version that it has loaded')
    .addOption(
      new Option('--status <status>', 'what it did with it').choices(attestationStatuses).default('loaded' as const),
    )
    .option('--reason <text>', 'why it failed')
    .addHelpText('after', notes)
    .action(async (id, options, command) => {
      process.exitCode = await attestFor(shellOf(command), id, options);
    });
}

interface Options {
  consumer: string;
  instance: string;
  key?: string;
  version?: string;
  status: AttestMessage['status'];
  reason?: string;
}

async function attestFor(shell: Shell, id: string, options: Options): Promise<ExitCode> {
  const message = messageFrom(options);
  await refuseUnknownConsumer(shell, id, message.consumer);
  const { attest, rotationOf } = await import('../../client/rotations.ts');
  return withTemporal(shell, async ({ client }) => {
    await attest(rotationOf(client, id), message);
    shell.out.result(
      `Sent: ${message.consumer} ${message.instance} ${message.status} ${options.key ?? options.version}.`,
    );
    shell.out.data({ credential: id, ...message });
    return exitCodes.ok;
  });
}

function messageFrom({ consumer, instance, key, reason, status, version }: Options): AttestMessage {
  if (key === undefined && version === undefined) {
    throw new KeyturnError('invalid', 'an attestation names what was loaded', { fix: 'give --key or --version' });
  }
  const parsed = attestMessageSchema.safeParse({
    consumer,
    instance,
    status,
    ...(key === undefined ? {} : { keyId: key }),
    ...(version === undefined ? {} : { version }),
    ...(reason === undefined ? {} : { reason }),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KeyturnError('invalid', `the attestation's ${issue?.path.join('.')}: ${issue?.message}`);
}

/** The rotation leaves a name that it does not know aside without a word. Where consumers run, there may be no catalog. */
async function refuseUnknownConsumer(shell: Shell, id: string, consumer: string): Promise<void> {
  if (!existsSync(shell.catalogFile)) return;
  const names = (await openCatalog(shell)).find(id).consumers.map(({ name }) => name);
  if (names.includes(consumer)) return;
  const near = nearest(consumer, names);
  throw new KeyturnError('not-found', `${id} has no consumer ${JSON.stringify(consumer)}`, {
    fix: near === undefined ? `it has: ${names.join(', ') || 'none'}` : `did you mean "${near}"?`,
  });
}
