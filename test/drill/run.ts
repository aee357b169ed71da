import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CompromiseReport } from '../../cli/compromise-report.ts';
import { durationSchema } from '../../contract/index.ts';
import { leaks } from '../crash/leaks.ts';
import { removeFolder } from '../crash/stand/systems.ts';
import { keyturn, type Program, startWorkerProgram } from '../e2e/support/processes.ts';
import { look, problemsOf } from './findings.ts';
import { type Fleet, makeFleet } from './fleet.ts';
import { mixFor } from './mix.ts';
import { Observer } from './observer.ts';
import type { Options } from './options.ts';
import { tell } from './report.ts';
import { type Stand, startStand } from './stand.ts';

/** How long the consumers query before the command, and after it. */
const aroundMs = 3_000;

/** @returns whether all is as it has to be. */
export async function run(options: Options): Promise<boolean> {
  say('starting Temporal, PostgreSQL and the AWS double');
  const stand = await startStand();
  const mix = await mixFor(stand, options);
  say(
    `making ${mix.logins} PostgreSQL logins and ${mix.users} AWS access keys: its double answers ${mix.perSecond} a second`,
  );
  const fleet = await makeFleet(stand, mix);
  const workers = await Promise.all([1, 2].map(() => startWorker(stand, fleet)));
  say(`two workers are ready; ${fleet.members.length} consumers begin to query`);
  await Promise.all(fleet.members.map(({ consumer }) => consumer.start()));
  await sleep(aroundMs);
  const problems = await drill({ stand, fleet, workers }, options);
  await fleet.endpoint.stop();
  await stand.stop();
  if (options.keep) console.log(`logs and databases: ${stand.folder}`);
  else await removeFolder(stand);
  return problems.length === 0;
}

interface Scene {
  stand: Stand;
  fleet: Fleet;
  workers: readonly Program[];
}

async function drill({ fleet, stand, workers }: Scene, { within }: Options): Promise<string[]> {
  const { members } = fleet;
  const observer = new Observer(stand, members);
  const begunMs = Date.now();
  const { code, report } = await declareCompromised(stand, fleet, within);
  await sleep(aroundMs);
  await observer.stop();
  const measured = members.map(async ({ consumer, id }) => [id, await consumer.stop()] as const);
  const met = { report, sightings: observer.sightings, traffic: new Map(await Promise.all(measured)) };
  const findings = await Promise.all(members.map((member) => look(member, met)));
  const deadlineMs = Date.parse(report.at) + durationSchema.parse(within);
  const problems = [
    ...(code === 0 ? [] : [`keyturn compromised ended with ${code}`]),
    ...findings.flatMap((finding) => problemsOf(finding, deadlineMs)),
    ...(await wrongAudit(stand)),
    ...(await ended(workers, stand)),
    ...(await leaks(stand.folder, await secretsOf(fleet))),
  ];
  tell({ findings, report, within, deadlineMs, begunMs, problems });
  for (const trouble of fleet.endpoint.troubles) console.log(`told again: ${trouble}`);
  return problems;
}

const envOf = ({ home, temporalAddress }: Stand) => ({ KEYTURN_HOME: home, TEMPORAL_ADDRESS: temporalAddress });

async function startWorker(stand: Stand, { env }: Fleet): Promise<Program> {
  return endingWithUs(await startWorkerProgram({ ...envOf(stand), ...env }));
}

/** Its server is gone then, too: it has nothing to bring to an end. */
function endingWithUs(program: Program): Program {
  const end = () => void process.kill(program.pid, 'SIGKILL');
  process.once('exit', end);
  void program.exited.then(() => process.off('exit', end));
  return program;
}

async function declareCompromised(
  stand: Stand,
  { catalogFile }: Fleet,
  within: string,
): Promise<{ code: number | null; report: CompromiseReport }> {
  const file = join(stand.folder, 'report.json');
  const args = ['compromised', 'drill/**', '--reason', 'drill', '--within', within, '--report', file];
  say(`keyturn ${args.slice(0, -2).join(' ')}`);
  const command = endingWithUs(keyturn([...args, '--json', '-c', catalogFile], envOf(stand)));
  const code = await command.exited;
  say(`it ended with ${code}`);
  await writeFile(join(stand.folder, 'compromised.log'), command.stderr() + command.stdout());
  const written = await readFile(file, 'utf8').catch(() => '');
  if (written === '') throw new Error(`there is no report:\n${command.stderr()}`);
  return { code, report: JSON.parse(written) as CompromiseReport };
}

async function wrongAudit(stand: Stand): Promise<string[]> {
  const verify = keyturn(['audit', 'verify', '--json'], envOf(stand));
  const code = await verify.exited;
  return code === 0 ? [] : [`keyturn audit verify ended with ${code}: ${verify.stdout()}`];
}

async function ended(workers: readonly Program[], { folder }: Stand): Promise<string[]> {
  const codes = await Promise.all(
    workers.map(async (worker, index) => {
      await worker.stop();
      await writeFile(join(folder, `worker-${index + 1}.log`), worker.stderr() + worker.stdout());
      return worker.exited;
    }),
  );
  return codes.filter((code) => code !== 0).map((code) => `a worker ended with ${code}`);
}

async function secretsOf({ members }: Fleet): Promise<string[]> {
  const all = members.map(async ({ issuer, place }) => {
    const { document } = await place.current();
    return [...issuer.secretsOf(issuer.first), ...issuer.secretsOf(document)];
  });
  return (await Promise.all(all)).flat();
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}
