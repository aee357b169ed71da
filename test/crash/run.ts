import { type Lane, openLane } from './lane.ts';
import { leaks } from './leaks.ts';
import type { Options } from './options.ts';
import { report } from './report.ts';
import { diskRound } from './rounds/disk.ts';
import { killsRound } from './rounds/kills.ts';
import { outagesRound } from './rounds/outages.ts';
import { temporalRound } from './rounds/temporal.ts';
import { awsIam, postgres } from './stand/issuers.ts';
import { awsSecret, file, googleAlias, googleLatest } from './stand/places.ts';
import { removeFolder, startSystems } from './stand/systems.ts';
import { openStation } from './station.ts';
import { Tally } from './tally.ts';

const kinds = [
  { name: 'postgres-file', issuer: postgres, places: [file] },
  { name: 'aws-aws', issuer: awsIam, places: [awsSecret] },
  { name: 'postgres-google-file', issuer: postgres, places: [googleAlias, file] },
  { name: 'aws-google-latest', issuer: awsIam, places: [googleLatest] },
];

const minuteMs = 60_000;
/** For what is still missing of the kills asked for. */
const moreKillsMs = 3 * minuteMs;

/** @returns whether nothing was violated. */
export async function run(options: Options): Promise<boolean> {
  const tally = new Tally();
  const beganMs = Date.now();
  say(`seed ${options.seed}; starting Temporal, PostgreSQL, the AWS and Google doubles and the workers`);
  const systems = await startSystems();
  const lanes: Lane[] = [];
  // One after the other: grants on what all share fail when two happen at once.
  const wanted = options.rounds.some((name) => name !== 'disk') ? kinds : [];
  for (const kind of wanted) lanes.push(await openLane(systems, kind));
  const stations = await Promise.all(lanes.map((lane) => openStation({ systems, tally, lane })));
  say(`ready, ${stations.length} credentials with three workers each`);
  const diskSecrets: string[] = [];
  const rounds: Record<string, () => Promise<unknown>> = {
    kills: () => {
      const everyUntilMs = Date.now() + options.minutes * minuteMs;
      return killsRound(stations, { ...options, everyUntilMs, untilMs: everyUntilMs + moreKillsMs });
    },
    temporal: () => temporalRound(stations, systems, options.seed),
    outages: () => outagesRound(stations, systems, options.seed),
    disk: async () => diskSecrets.push(...(await diskRound(systems, tally, options))),
  };
  const showing = setInterval(() => {
    say(`${tally.kills.length} kills, ${tally.rotations} rotations`);
  }, minuteMs / 2);
  // The full disk is one of its own: it needs not wait for the others.
  const [apart, inTurn] = [options.rounds.includes('disk'), options.rounds.filter((name) => name !== 'disk')];
  const disk = apart ? rounds.disk?.() : undefined;
  for (const name of inTurn) {
    say(`round: ${name}`);
    await rounds[name]?.();
  }
  await disk;
  clearInterval(showing);
  const secrets = [...diskSecrets, ...stations.flatMap((station) => station.secrets())];
  await Promise.all(stations.map((station) => station.stop()));
  for (const { crew, lane } of stations) for (const how of crew.fallen) tally.violation(lane.name, how);
  await systems.stop();
  for (const leak of await leaks(systems.folder, secrets)) tally.violation('secrets', leak);
  const good = report(tally, options, Date.now() - beganMs);
  if (options.keep) console.log(`logs and databases: ${systems.folder}`);
  else await removeFolder(systems);
  return good;
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}
