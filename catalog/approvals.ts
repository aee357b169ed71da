import { z } from 'zod';
import { nearest } from '../connectors/load.ts';
import type { Credential } from '../contract/index.ts';
import { isMapping } from './issues.ts';
import type { Finding, Path } from './problem.ts';
import { positive } from './spans.ts';
import { listed } from './words.ts';

const approversSchema = z.int().min(1).max(20);

/** What every credential of a tier needs. */
export const tierApprovalSchema = z.strictObject({ approvers: approversSchema.default(1), within: positive });
/** What one credential needs: as many approvers as its tier, unless it says more. */
export const approvalSchema = z.strictObject({ approvers: approversSchema.optional(), within: positive });

interface Wanted {
  tier: string;
  approval?: z.infer<typeof approvalSchema> | undefined;
}
export type Approvals = Readonly<Record<string, z.infer<typeof tierApprovalSchema>>>;

/** Its own, with no fewer approvers than its tier's; else that of its tier. */
export function approvalOf({ approval, tier }: Wanted, approvals: Approvals): Pick<Credential, 'approval'> {
  const tiers = ofTier(approvals, tier);
  const { approvers = tiers?.approvers ?? 1, within } = approval ?? tiers ?? {};
  return within === undefined ? {} : { approval: { approvers, withinMs: within } };
}

export function tooFewApprovers({ approval, tier }: Wanted, approvals: Approvals, path: Path): Finding[] {
  const tiers = ofTier(approvals, tier);
  const { approvers } = approval ?? {};
  if (!tiers || approvers === undefined || approvers >= tiers.approvers) return [];
  const expected = `at least ${tiers.approvers}: so many are asked for by \`approvals\` for the tier ${tier}`;
  const fix = 'ask for as many here, or leave `approvers` out';
  return [{ path: [...path, 'approval', 'approvers'], at: 'value', found: String(approvers), expected, fix }];
}

/** A tier that no credential has is perhaps misspelt: then nobody is asked. */
export function unusedApprovals(data: unknown, credentials: readonly Pick<Credential, 'tier'>[]): Finding[] {
  const approvals = isMapping(data) && isMapping(data.approvals) ? Object.keys(data.approvals) : [];
  const tiers = [...new Set(credentials.map(({ tier }) => tier))];
  return approvals
    .filter((tier) => !tiers.includes(tier))
    .map((tier) => {
      const near = nearest(tier, tiers);
      const says = 'no credential has this tier: nobody is asked for an approval by it';
      const fix = near === undefined ? `the tiers are ${listed(tiers, 'and')}` : `did you mean "${near}"?`;
      return { path: ['approvals', tier], at: 'key', says, found: says, expected: 'the tier of a credential', fix };
    });
}

function ofTier(approvals: Approvals, tier: string): Approvals[string] | undefined {
  return Object.hasOwn(approvals, tier) ? approvals[tier] : undefined;
}
