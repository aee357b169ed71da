import type { DeclaredCredential } from '../catalog/index.ts';
import type { Target } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { type Bench, checkReferences, openProvider, openTarget, readingBench } from './deps.ts';
import { type ExitCode, exitCodeOfKind, exitCodes } from './exit-codes.ts';
import type { Shell } from './shell.ts';

export interface Problem {
  message: string;
  fix?: string;
  /** What the command would exit with if this were the only problem. */
  exitCode: ExitCode;
}

/** What stands in the way of a rotation (`problems`), and what should be known before one. */
export interface Look {
  problems: Problem[];
  warnings: string[];
  /** For a person to run at the provider. */
  scripts: string[];
}

/** Looks at a credential's provider, vaults and what its consumers need; only reads. */
export async function look(shell: Shell, credential: DeclaredCredential): Promise<Look> {
  const looks = [
    lookAtProvider(shell, credential),
    ...credential.targets.map((target) => lookAtTarget(shell, credential, target)),
    ...credential.consumers.map((consumer) =>
      attempted(() => checkReferences(readingBench(shell, credential), consumer)),
    ),
  ];
  const seen = await Promise.all(looks);
  return {
    problems: seen.flatMap(({ problems }) => problems),
    warnings: seen.flatMap(({ warnings }) => warnings),
    scripts: seen.flatMap(({ scripts }) => scripts),
  };
}

async function attempted(work: (seen: Look) => Promise<void>): Promise<Look> {
  const seen: Look = { problems: [], warnings: [], scripts: [] };
  try {
    await work(seen);
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    const { fix, kind, message } = error;
    const unreachable = exitCodeOfKind(kind) === exitCodes.unreachable;
    const exitCode = unreachable ? exitCodes.unreachable : exitCodes.refused;
    seen.problems.push({ message, ...(fix === undefined ? {} : { fix }), exitCode });
  }
  return seen;
}

function lookAtProvider(shell: Shell, credential: DeclaredCredential): Promise<Look> {
  return attempted(async (seen) => {
    const on = readingBench(shell, credential);
    const { provider } = await openProvider(on);
    const preparation = await provider.prepare?.(on.ctx);
    if (!preparation) return;
    const { problems, ready, script } = preparation;
    const found = problems.length > 0 || ready ? problems : [`the provider ${credential.provider.type} is not ready`];
    if (ready) seen.warnings.push(...found);
    else seen.problems.push(...found.map((message) => ({ message, exitCode: exitCodes.refused })));
    if (script !== undefined && !ready) seen.scripts.push(script);
  });
}

function lookAtTarget(shell: Shell, credential: DeclaredCredential, target: Target): Promise<Look> {
  return attempted(async (seen) => {
    const on = readingBench(shell, credential);
    const place = await openPlace(on, target);
    seen.warnings.push(...((await place.vault.warnings?.(on.ctx)) ?? []));
    const stored = await place.vault.read(on.ctx, 'current');
    if (stored !== 'absent') {
      place.value(stored);
      return;
    }
    const named = credential.targets.length > 1 ? ` --target ${target.name}` : '';
    seen.problems.push({
      message: `the target ${target.name} holds no value`,
      fix: `store its first value: keyturn store ${credential.id}${named}`,
      exitCode: exitCodes.refused,
    });
  });
}

async function openPlace(on: Bench, target: Target) {
  const { fields } = await openProvider(on);
  return openTarget(on, target, fields);
}
