import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { declarationOf } from '../catalog/declaration.ts';
import type { DeclaredCredential } from '../catalog/index.ts';
import { type FleetInput, fleetIdSchema, KeyturnError, type Pace, type Request } from '../contract/index.ts';
import { type ExitCode, exitCodeOfError, exitCodes, worstOf } from './exit-codes.ts';
import { fromAudit } from './inventory.ts';
import { planned, planWords } from './plan.ts';
import type { Shell } from './shell.ts';
import { ensureSearchAttributes, withTemporal } from './temporal.ts';
import { count, duration } from './words.ts';

export interface FleetOptions {
  atOnce: number;
  mostFailures: number;
  wait?: true;
  timeout?: number;
}

/** `20260714-0915-3f2a`: short enough to be typed. */
export function newFleetId(now = new Date()): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  const minute = time.slice(0, 5).replace(':', '');
  return `${date.replaceAll('-', '')}-${minute}-${randomBytes(2).toString('hex')}`;
}

/** Begins one workflow for all of them, and watches it. */
export async function rotateMany(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  request: Request,
  options: FleetOptions,
): Promise<ExitCode> {
  const input = await inputOf(credentials, request, options);
  const { startFleet } = await import('../client/fleets.ts');
  const { requireWorkers } = await import('./workers.ts');
  const { watchFleet } = await import('./fleet-watch.ts');
  return withTemporal(shell, async (temporal) => {
    await ensureSearchAttributes(shell, temporal);
    const { handle, joined } = await startFleet(temporal.client, input);
    const many = count(credentials.length, 'credential');
    const { id: fleet } = request;
    shell.out.say(
      joined ? `There is a fleet ${fleet} already: this is how it goes.` : `Rotating ${many} as the fleet ${fleet}.`,
    );
    const sites = new Map(credentials.map((each) => [each.site, each]));
    const meanwhile = 'the fleet stays open and waits for one';
    for (const one of sites.values()) await requireWorkers(temporal, one, meanwhile);
    return watchFleet(shell, temporal, { fleet, handle, timeoutMs: options.timeout, more: { joined } });
  });
}

/** @throws KeyturnError `invalid` for an id that no fleet can have. */
async function inputOf(
  credentials: readonly DeclaredCredential[],
  request: Request,
  { atOnce, mostFailures, wait }: FleetOptions,
): Promise<FleetInput> {
  const wrong = fleetIdSchema.safeParse(request.id).error?.issues[0]?.message;
  if (wrong !== undefined) throw new KeyturnError('invalid', `--request-id of a fleet: ${wrong}`);
  const { pacesOf } = await import('./paces.ts');
  const paces = new Map<string, Pace>();
  const members = [];
  for (const credential of credentials) {
    const own = await pacesOf(credential);
    for (const pace of own) paces.set(pace.name, slower(pace, paces.get(pace.name)));
    members.push({ credential: declarationOf(credential), paces: [...new Set(own.map(({ name }) => name))] });
  }
  return { members, request, atOnce, mostFailures, until: wait ? 'ended' : 'refreshed', paces: [...paces.values()] };
}

function slower(pace: Pace, other: Pace | undefined): Pace {
  return other && other.apartMs > pace.apartMs ? other : pace;
}

/** So many are looked at at once. */
const concurrency = 5;

/** What a rotation of each would do; nothing is begun. */
export async function planMany(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  request: Request,
): Promise<ExitCode> {
  const { out } = shell;
  const look = async (credential: DeclaredCredential) => {
    return planned(shell, { credential, requests: [request] }).then(
      (plan) => ({ credential, plan, error: null, exitCode: exitCodes.ok as ExitCode }),
      (error: unknown) => {
        const said = error instanceof Error ? error.message : String(error);
        return { credential, plan: null, error: said, exitCode: exitCodeOfError(error) };
      },
    );
  };
  const plans = await Readable.from(credentials).map(look, { concurrency }).toArray();
  for (const { credential, error, plan } of plans) {
    out.result(
      plan
        ? planWords(out, credential, plan)
        : `${out.paint('bold', credential.id)}\n  ${out.paint('red', 'error:')} ${error}`,
    );
  }
  const exitCode = worstOf(plans.map((each) => each.exitCode));
  const data = plans.map(({ credential: { id }, error, plan }) => ({ credential: id, plan, error }));
  out.data({ dryRun: true, plans: data, exitCode });
  return exitCode;
}

/** Those whose value is older, as `list` tells their age; one of unknown age may be as old. */
export async function olderThan(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  ageMs: number,
): Promise<DeclaredCredential[]> {
  const audited = await fromAudit(shell, credentials, { needs: 'audit' });
  const now = Date.now();
  const fromOf = ({ id }: DeclaredCredential) => audited?.get(id)?.agesFrom;
  const ageless = credentials.filter((each) => fromOf(each) === undefined);
  const older = credentials.filter((each) => {
    const from = fromOf(each);
    return from === undefined || now - Date.parse(from) > ageMs;
  });
  const unknown = ageless.length === 0 ? '' : `, of which ${ageless.length} are of an age that nobody knows`;
  shell.out.say(`${older.length} of ${credentials.length} are older than ${duration(ageMs)}${unknown}.`);
  return older;
}
