import { hidden, referenceFix } from './issues.ts';
import type { Spot } from './plain.ts';
import { type Finding, messageOf, type Problem, printable } from './problem.ts';
import { sightSecrets } from './secrets.ts';
import { pathText, type Tree } from './yaml.ts';

/** Looks through the whole text, comments included: the file stands in git. */
export function secretSpots(text: string, tree: Tree, findings: readonly Finding[]): Spot[] {
  const inText = sightSecrets(text);
  const inValues = tree.rewritten.flatMap(({ offset, value }) =>
    sightSecrets(value).map(({ what }) => ({ what, offset })),
  );
  const reported = new Set(findings.filter(({ found }) => found === hidden).map(({ path }) => pathText(path)));
  const seen = new Set<number>();
  return [...inText, ...inValues].flatMap(({ what, offset }) => {
    const path = tree.pathAt(offset);
    const { line } = tree.position(offset);
    if (seen.has(line) || reported.has(pathText(path))) return [];
    seen.add(line);
    const fix = `take it out, also of the history of the file, and rotate it; ${referenceFix}`;
    return [{ offset, path, found: `what looks like ${what}`, expected: 'no secret in a catalog', fix }];
  });
}

/** Findings at their places, in the order of the file. */
export function problemsOf(file: string, tree: Tree, findings: readonly Finding[], spots: readonly Spot[]): Problem[] {
  const placed = findings.map((finding) => ({ finding, offset: tree.offsetOf(finding.path, finding.at) }));
  const spotted = spots.map(({ offset, ...spot }) => ({ finding: { ...spot, at: 'value' as const }, offset }));
  return [...placed, ...spotted]
    .sort((a, b) => a.offset - b.offset)
    .map(({ finding, offset }) => problemOf(file, tree, finding, offset));
}

function problemOf(file: string, tree: Tree, finding: Finding, offset: number): Problem {
  const { found, expected, fix, path } = finding;
  return {
    file,
    ...tree.position(offset),
    path: pathText(path),
    message: printable(messageOf(finding)),
    found: printable(found),
    expected: printable(expected),
    ...(fix !== undefined && { fix: printable(fix) }),
  };
}
