import type { CompromiseReport, Dealt } from '../../cli/compromise-report.ts';
import type { Traffic } from './consumer.ts';
import type { Member } from './fleet.ts';
import { oldName, type Sighting } from './observer.ts';

/** What was found of one credential afterwards, from outside, and what the report says of it. */
export interface Finding {
  id: string;
  oldName: string;
  oldRefused: boolean;
  currentName: string;
  currentWorks: boolean;
  /** All that can be used at the provider, or made usable again. */
  keys: readonly string[];
  sighting: Sighting;
  traffic: Traffic;
  dealt: Dealt | undefined;
}

export interface Met {
  sightings: ReadonlyMap<string, Sighting>;
  traffic: ReadonlyMap<string, Traffic>;
  report: CompromiseReport;
}

/** @throws when a provider does not answer. */
export async function look(member: Member, { report, sightings, traffic }: Met): Promise<Finding> {
  const { id, issuer, place } = member;
  const { document } = await place.current();
  return {
    id,
    oldName: oldName(member),
    oldRefused: !(await issuer.accepts(issuer.first)),
    currentName: issuer.nameOf(document),
    currentWorks: await issuer.accepts(document),
    keys: await issuer.keys(),
    sighting: sightings.get(id) ?? { usableMs: 0 },
    traffic: traffic.get(id) ?? { queries: 0, perSecond: 0, pauseMs: 0, failures: [] },
    dealt: report.credentials.find(({ credential }) => credential === id),
  };
}

export const perSecondMin = 10;

/** @returns what of it is not as it has to be. */
export function problemsOf(finding: Finding, deadlineMs: number): string[] {
  const { currentWorks, id, keys, currentName, oldRefused, sighting, traffic } = finding;
  const early = traffic.failures.filter(({ atMs }) => atMs < deadlineMs);
  const checks: [holds: boolean, problem: string][] = [
    [oldRefused, `the old key ${finding.oldName} is still accepted`],
    [sighting.refusedMs !== undefined, `nobody saw ${finding.oldName} refused while the command ran`],
    [currentWorks, `what is served, ${currentName}, is refused`],
    [keys.length === 1 && keys[0] === currentName, `the provider holds ${keys.join(', ')}; served is ${currentName}`],
    [early.length === 0, `${early.length} queries failed before the deadline, the first with ${early[0]?.text}`],
    [traffic.perSecond >= perSecondMin, `only ${traffic.perSecond.toFixed(1)} queries a second were answered`],
  ];
  const problems = checks.filter(([holds]) => !holds).map(([, problem]) => problem);
  return [...problems, ...wrongInReport(finding)].map((problem) => `${id}: ${problem}`);
}

/** Names of keys in the report say more than the login alone: `login/fingerprint`. */
const isKeyOf = (name: string, keyId: string | null) => keyId === name || keyId?.startsWith(`${name}/`) === true;

function wrongInReport({ currentName, dealt, oldName: old, oldRefused, sighting }: Finding): string[] {
  if (!dealt) return ['the report does not have it'];
  const { newKey, oldKey, outcome, refusedAt } = dealt;
  const saysRefused = refusedAt !== null;
  const isTooEarly = saysRefused && Date.parse(refusedAt) < sighting.usableMs;
  const checks: [holds: boolean, problem: string][] = [
    [outcome === 'rotated', `the report says ${outcome ?? dealt.state}: ${dealt.reason}`],
    [isKeyOf(old, oldKey), `the report calls the old key ${oldKey}, and it was ${old}`],
    [isKeyOf(currentName, newKey), `the report calls the new key ${newKey}, and ${currentName} is served`],
    [saysRefused === oldRefused, `the report says that the old key was ${saysRefused ? '' : 'not '}seen refused`],
    [!isTooEarly, `the report says refused at ${refusedAt}, and it could be used later`],
  ];
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem);
}
