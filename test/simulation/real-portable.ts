import type { Scenario } from './scenario.ts';

/** Why a story cannot be told to a real server so that it has to end alike: whole classes of stories, never single ones. */
export interface Rule {
  name: string;
  leavesOut(scenario: Scenario): boolean;
}

const engineActs = ['reset', 'rebuild', 'crash', 'terminate'];

export const rules: readonly Rule[] = [
  {
    name: 'a compromise: its deadline races with everything',
    leavesOut: ({ acts, request }) =>
      request.urgency === 'compromised' || acts.some(({ kind }) => kind === 'compromise'),
  },
  {
    name: 'the engine is meddled with',
    leavesOut: ({ acts, faults }) =>
      acts.some(({ kind }) => engineActs.includes(kind)) || faults.some(({ kind }) => kind.startsWith('crash')),
  },
  {
    name: 'people act at a moment, counted in calls of all kinds',
    leavesOut: ({ acts }) => acts.length > 0,
  },
];

export function ruleAgainst(scenario: Scenario): Rule | undefined {
  return rules.find((rule) => rule.leavesOut(scenario));
}
