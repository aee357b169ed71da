import type { Finding, Path } from './problem.ts';
import type { Draft } from './read-credential.ts';

interface Claim {
  key: string;
  what: string;
  credential: string;
  path: Path;
}

/** No two credentials share a principal or a place, and none has a place twice (invariant 6 of the design). */
export function checkUnique(drafts: readonly Draft[], lineOf: (path: Path) => number): Finding[] {
  const first = new Map<string, Claim>();
  const clashes = new Map<string, Finding>();
  for (const claim of drafts.flatMap(claimsOf)) {
    const taken = first.get(claim.key);
    if (!taken) first.set(claim.key, claim);
    // A pair of logins that two credentials share is one problem, not two.
    else clashes.set(`${claim.path.join('/')} ${taken.credential}`, clash(claim, taken, lineOf));
  }
  return [...clashes.values()];
}

function claimsOf({ credential, path, provider, vaults }: Draft): Claim[] {
  const owned = provider.connector.principals(provider.config).map((principal) => ({
    key: `principal ${provider.connector.name} ${principal}`,
    what: 'the principal',
    credential: credential.id,
    path: [...path, 'provider'],
  }));
  const places = vaults.map(({ connector, config }, index) => ({
    key: `target ${connector.name} ${connector.location(config)}`,
    what: 'the place',
    credential: credential.id,
    path: [...path, 'targets', index],
  }));
  return [...owned, ...places];
}

function clash(claim: Claim, taken: Claim, lineOf: (path: Path) => number): Finding {
  const whose = taken.credential === claim.credential ? 'this credential' : taken.credential;
  const found = `${claim.what} that ${whose} has on line ${lineOf(taken.path)}`;
  const fix = claim.key.startsWith('principal')
    ? 'give each credential a principal (a user, a pair of logins) of its own'
    : 'store each value in one place, or declare one credential with several consumers';
  return { path: claim.path, at: 'value', found, expected: 'one that no other has', fix };
}
