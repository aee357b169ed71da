import type { SecretRecord } from './records.ts';
import { invalidArgument } from './status.ts';

const aliasesMax = 50;

/** The rules of google/cloud/secretmanager/v1/resources.proto, field `version_aliases`. */
export function checkAliases(secret: SecretRecord, aliases: Record<string, number>): void {
  const entries = Object.entries(aliases);
  if (entries.length > aliasesMax) throw invalidArgument(`A secret has at most ${aliasesMax} version aliases.`);
  for (const [alias, number] of entries) {
    if (!/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(alias) || alias === 'latest' || alias === 'NEW') {
      throw invalidArgument(`The version alias ${alias} is not valid.`);
    }
    if (!secret.versions[number - 1]) throw invalidArgument(`The version ${number} of alias ${alias} does not exist.`);
  }
}
