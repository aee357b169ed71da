import { uuid4 } from '@temporalio/workflow';
import {
  changesMs,
  type Decision,
  type InspectionInput,
  KeyturnError,
  type Plan,
  siteQueue,
} from '../contract/index.ts';
import { asFailure, temporalEngine } from './engine.ts';
import { wellFormed } from './input.ts';
import { newRun } from './rotate.ts';
import { type Baseline, instant, known, type Run, step } from './run.ts';
import { takeBaseline } from './steps/inspect.ts';

/** Looks as a rotation would, and touches nothing: `inspection/<credential id>/...`. */
export async function inspection(input: InspectionInput): Promise<Plan> {
  try {
    return await inspected(wellFormed(input));
  } catch (error) {
    throw error instanceof KeyturnError ? asFailure(error) : error;
  }
}

async function inspected({ adopt, credential, requests }: InspectionInput): Promise<Plan> {
  const engine = temporalEngine(credential.site === undefined ? undefined : siteQueue(credential.site));
  const run = newRun(engine, credential, uuid4(), requests);
  run.options = requests;
  const plan = await planned(run, await takeBaseline(run, { infers: false }));
  if (adopt) await adopted(run, plan, adopt);
  return plan;
}

async function planned(run: Run, baseline: Baseline): Promise<Plan> {
  const { credential, job } = run;
  const opening = step(run, 'look when making a new key may begin');
  const { from } = await opening.nextOpening({ job, neededMs: changesMs(credential) });
  return {
    credential: credential.id,
    hash: known(baseline.planHash, 'the hash of the plan'),
    order: baseline.powers.order,
    ...(baseline.powers.byHand && !baseline.handedIn && { byHand: true as const }),
    targets: [...baseline.knownGood].map(([name, standing]) => ({ name, ...standing })),
    keys: baseline.keys,
    goes: baseline.going.map(({ id }) => id),
    goesFirst: baseline.leftovers.map(({ id }) => id),
    from,
  };
}

/** The first entry of a chain: from what on Keyturn answers for the credential. */
async function adopted(run: Run, { goes, keys, targets }: Plan, { by, from, reason }: Decision): Promise<void> {
  const served = targets.map(({ keyId, name, version }) => `${name} serves ${keyId} (version ${version})`);
  const detail = { served, keys: keys.map(({ id }) => id), goes, ...(reason === undefined ? {} : { reason }) };
  const who = { by, ...(from !== undefined && { from }) };
  const entries = [{ at: instant(run), kind: 'decision' as const, id: 'adopt', verb: 'adopt', ...who, detail }];
  await step(run, 'record the adoption').recordDecisions({ job: run.job, entries });
}
