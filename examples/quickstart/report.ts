import type { RotationEnd } from '../../contract/index.ts';
import type { Attempt } from './database.ts';
import type { AuditProof } from './proof.ts';
import { total } from './traffic.ts';
import { seconds, type Voice } from './voice.ts';

type ByLogin = Record<string, number>;

/** What the quickstart has found out, as it was measured. */
export interface Findings {
  rotated: RotationEnd;
  /** As pg_stat_activity showed them: until the rotation began, while it ran, and since its end. */
  queries: { before: ByLogin; during: ByLogin; after: ByLogin };
  /** Opened as the new login since the switch was complete. */
  connectionsAfterSwitch: number;
  /** As the application counted. */
  queriesFailed: number;
  oldKey: Attempt;
  restored: RotationEnd;
  knownGood: Attempt & { sameVersion: boolean };
  restoredQueriesFailed: number;
  /** Queries while the second rotation ran and after. */
  restoredQueries: ByLogin;
  audit: AuditProof;
  places: {
    databasePort: number;
    applicationLog: string;
    auditFile: string;
    catalog: string;
    temporalAddress: string;
    applicationPid: number;
    workerPid: number;
  };
  durations: { setUpMs: number; totalMs: number };
}

/** The last line with `--json`. */
export function toJson(found: Findings): Record<string, unknown> {
  const { audit, durations, knownGood, oldKey, places, queries, restored, rotated } = found;
  const problems = problemsIn(found);
  return {
    ok: problems.length === 0,
    problems,
    outcome: rotated.outcome,
    rotation: rotated.rotation,
    credential: rotated.credential,
    oldKey: rotated.oldKey,
    newKey: rotated.newKey,
    queries: { before: total(queries.before), during: total(queries.during), after: total(queries.after) },
    queriesByLogin: queries,
    connectionsAfterSwitch: found.connectionsAfterSwitch,
    queriesFailed: found.queriesFailed,
    oldKeyRefused: oldKey.accepted ? null : { sqlstate: oldKey.sqlstate, at: oldKey.at },
    auditVerified: audit.verified,
    auditEntries: audit.entries,
    restoredDemo: {
      outcome: restored.outcome,
      reason: restored.reason?.message ?? null,
      knownGoodWorks: worksAsBefore(knownGood),
      queriesFailed: found.restoredQueriesFailed,
      queries: total(found.restoredQueries),
    },
    ...places,
    durations: { ...durations, rotatedMs: tookMs(rotated), restoredMs: tookMs(restored) },
  };
}

/** @returns what does not hold; empty when all of the proof stands. */
export function problemsIn(found: Findings): string[] {
  const { audit, connectionsAfterSwitch, knownGood, oldKey, queries, restored, rotated } = found;
  const checks: [boolean, string][] = [
    [rotated.outcome === 'rotated', `the first rotation ended ${rotated.outcome}: ${rotated.reason?.message}`],
    [total(queries.before) > 0, 'no query was seen before the rotation'],
    [total(queries.during) > 0, 'no query was seen during the rotation'],
    [total(queries.after) > 0, 'no query was seen after the rotation'],
    [Object.keys(queries.after).length === 1, 'more than one login was in use after the rotation'],
    [connectionsAfterSwitch >= 4, `${connectionsAfterSwitch} connections were opened after the switch, not 4 or more`],
    [found.queriesFailed === 0, `${found.queriesFailed} queries of the application failed in the first rotation`],
    [!oldKey.accepted, 'the server still accepts the old value'],
    [restored.outcome === 'restored', `the second rotation ended ${restored.outcome}`],
    [
      restored.reason?.kind === 'invalid',
      `the second rotation turned back for another reason: ${restored.reason?.kind}`,
    ],
    [worksAsBefore(knownGood), 'the known-good does not work after the second rotation'],
    [total(found.restoredQueries) > 0, 'no query was seen during the second rotation'],
    [found.restoredQueriesFailed === 0, `${found.restoredQueriesFailed} queries failed in the second rotation`],
    [audit.verified, `the audit does not verify: ${audit.problem}`],
  ];
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem);
}

function worksAsBefore(knownGood: Findings['knownGood']): boolean {
  return knownGood.accepted && knownGood.sameVersion;
}

function tookMs({ startedAt, endedAt }: RotationEnd): number {
  return Date.parse(endedAt) - Date.parse(startedAt);
}

export function tellProof(found: Findings, voice: Voice): void {
  const { audit, knownGood, oldKey, queries, restored, rotated } = found;
  const { heading, line, paint } = voice;
  const row = (name: string, text: string) => line(`  ${paint('dim', name.padEnd(24))}${text}`);
  heading('The proof');
  row('first rotation', `${rotated.outcome} in ${seconds(tookMs(rotated))}: ${rotated.oldKey} -> ${rotated.newKey}`);
  row('queries before', inWords(queries.before));
  row('queries during', inWords(queries.during));
  row('queries after', `${inWords(queries.after)}, on ${found.connectionsAfterSwitch} connections opened since`);
  row('queries that failed', `${found.queriesFailed + found.restoredQueriesFailed}`);
  row(
    'old password',
    oldKey.accepted ? 'still accepted' : `refused by the server (${oldKey.sqlstate}) at ${oldKey.at}`,
  );
  row('second rotation', `${restored.outcome} in ${seconds(tookMs(restored))}`);
  row('known-good', worksAsBefore(knownGood) ? 'is what is stored, and works' : 'does not work');
  row('audit', audit.verified ? `${audit.entries} entries, chain and signatures verified` : `${audit.problem}`);
  const problems = problemsIn(found);
  for (const problem of problems) line(`  ${paint('red', '✗')} ${problem}`);
  line(problems.length === 0 ? `\n  ${paint(['bold', 'green'], 'All of it holds.')}` : '');
}

function inWords(counts: ByLogin): string {
  const parts = Object.entries(counts)
    .sort()
    .map(([login, count]) => `${count} as ${login}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}
