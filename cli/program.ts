import { createRequire } from 'node:module';
import { Command, CommanderError } from '@commander-js/extra-typings';
import { addAdopt } from './commands/adopt.ts';
import { addApply } from './commands/apply.ts';
import { addApprove } from './commands/approve.ts';
import { addAttest } from './commands/attest.ts';
import { addAudit } from './commands/audit.ts';
import { addCheck } from './commands/check.ts';
import { addCompletion } from './commands/completion.ts';
import { addCompromised } from './commands/compromised.ts';
import { addDiscover } from './commands/discover.ts';
import { addFleet } from './commands/fleet.ts';
import { addHandIn } from './commands/hand-in.ts';
import { addHistory } from './commands/history.ts';
import { addInventory } from './commands/inventory.ts';
import { addKeys } from './commands/keys.ts';
import { addList } from './commands/list.ts';
import { addPause } from './commands/pause.ts';
import { addPlan } from './commands/plan.ts';
import { addProceed } from './commands/proceed.ts';
import { addReject } from './commands/reject.ts';
import { addResolve } from './commands/resolve.ts';
import { addResume } from './commands/resume.ts';
import { addRetry } from './commands/retry.ts';
import { addRollback } from './commands/rollback.ts';
import { addRotate } from './commands/rotate.ts';
import { addStatus } from './commands/status.ts';
import { addStore } from './commands/store.ts';
import { addUp } from './commands/up.ts';
import { addWatch } from './commands/watch.ts';
import { addWorker } from './commands/worker.ts';
import { exitCodes, exitCodeWords } from './exit-codes.ts';
import { withGlobals } from './shell.ts';

const environment = `
Environment:
  KEYTURN_CATALOG     the catalog, where --catalog names none
  KEYTURN_HOME        Keyturn's folder: key ring, file vault, audit (default .keyturn)
  KEYTURN_AUDIT       the audit sink, <sink> or <sink>:<location> (default sqlite:<home>/audit.db)
  KEYTURN_ACTIVITIES  how many activities a \`worker\` takes up at a time (default 100)
  KEYTURN_HEALTH      where \`worker\` says whether it is healthy, <port> or <host>:<port> (default: nowhere)
  KEYTURN_LOG         debug, info, warn, error or silent
  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_...: Temporal's own
  NO_COLOR            no colours`;

const commands = [
  ...[
    addCheck,
    addUp,
    addWorker,
    addRotate,
    addHandIn,
    addFleet,
    addCompromised,
    addStatus,
    addList,
    addInventory,
    addDiscover,
    addHistory,
    addWatch,
  ],
  ...[addPlan, addApply, addPause, addResume],
  ...[addApprove, addReject, addProceed, addRollback, addRetry, addResolve],
  ...[addAdopt, addAttest, addStore, addAudit, addKeys, addCompletion],
];

/**
 * The whole command line. A command loads what it works with when it runs: the help needs neither Temporal nor a catalog.
 * Parsing throws CommanderError where commander itself would exit.
 */
export function program(): Command {
  const root = new Command('keyturn')
    .description('Rotates credentials: nothing is revoked before its replacement is proven.')
    .version(packageVersion())
    // With positional options a command may have an option that the program has too: `attest --version`.
    .enablePositionalOptions()
    .showHelpAfterError('(`--help` says more)')
    .configureOutput({ outputError: (message, write) => write(withoutValue(message)) })
    .exitOverride(({ exitCode, code, message }) => {
      throw new CommanderError(exitCode, code, withoutValue(message));
    });
  withGlobals(root).addHelpText('after', environment).addHelpText('after', exitCodeTable());
  for (const add of commands) add(root);
  return root;
}

/** What somebody gives to an option that there is not may be a secret. */
function withoutValue(message: string): string {
  return message.replace(/(unknown option '[^'=]*)=.*'/s, "$1'");
}

function exitCodeTable(): string {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  const lines = names.map((name) => `  ${String(exitCodes[name]).padStart(2)}  ${exitCodeWords[name]}`);
  return ['', 'Exit codes:', ...lines].join('\n');
}

function packageVersion(): string {
  // By the package's own name, because this file runs as it stands and, compiled, from `dist/`.
  const found = createRequire(import.meta.url)('keyturn/package.json') as { version: string };
  return found.version;
}
