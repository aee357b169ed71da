import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { awsIam, type Issuer, postgres } from '../crash/stand/issuers.ts';
import { filePlace, type Place } from '../crash/stand/places.ts';
import { toAws, toPostgres } from './connections.ts';
import { Consumer } from './consumer.ts';
import { type Endpoint, openEndpoint } from './endpoint.ts';
import type { Mix } from './mix.ts';
import type { Stand } from './stand.ts';

/** One credential, which nobody shares, and who uses it. */
export interface Member {
  id: string;
  issuer: Issuer;
  place: Place;
  consumer: Consumer;
}

export interface Fleet {
  members: readonly Member[];
  endpoint: Endpoint;
  catalogFile: string;
  /** What the workers have to find in their environment. */
  env: Record<string, string>;
}

export async function makeFleet(stand: Stand, { logins, users }: Mix): Promise<Fleet> {
  const members: Member[] = [];
  // One after the other: grants on what all share fail when two happen at once.
  for (let number = 1; number <= logins; number += 1) members.push(await login(stand, number));
  for (let number = 1; number <= users; number += 1) members.push(await accessKey(stand, number));
  const endpoint = await openEndpoint(new Map(members.map((member) => [pathOf(member), member.consumer])));
  const catalogFile = join(stand.folder, 'keyturn.yaml');
  const credentials = Object.fromEntries(members.map((member) => [member.id, declared(member, endpoint)]));
  await writeFile(catalogFile, stringify({ credentials }));
  const env = members.map((member) => ({ ...member.issuer.env, [variableOf(member)]: member.consumer.secret }));
  return { members, endpoint, catalogFile, env: Object.assign({}, ...env) };
}

const numbered = (number: number) => String(number).padStart(2, '0');

async function login(stand: Stand, number: number): Promise<Member> {
  const issuer = await postgres(stand);
  const member = await stored(stand, `drill/postgres-${numbered(number)}/DATABASE_URL`, issuer);
  return { ...member, consumer: new Consumer(member.place.current, toPostgres) };
}

async function accessKey(stand: Stand, number: number): Promise<Member> {
  const issuer = await awsIam(stand);
  const member = await stored(stand, `drill/aws-${numbered(number)}/ACCESS_KEY`, issuer);
  return { ...member, consumer: new Consumer(member.place.current, toAws(stand)) };
}

async function stored({ home, keys }: Stand, id: string, issuer: Issuer): Promise<Omit<Member, 'consumer'>> {
  return { id, issuer, place: await filePlace(home, keys, issuer.first, id) };
}

const pathOf = ({ id }: Member) => `/keyturn/${id}`;
const variableOf = ({ id }: Member) => `WEBHOOK_${id.replace(/\W/g, '_').toUpperCase()}`;

/** Grace and soak are those of every day: a compromise waits for neither. */
function declared(member: Member, endpoint: Endpoint): object {
  const { provider, shape, smokeTests } = member.issuer;
  const url = `${endpoint.url}${pathOf(member)}`;
  return {
    owner: 'drill',
    provider,
    targets: [{ name: 'main', value: shape, ...member.place.located }],
    consumers: [{ type: 'webhook', name: 'app', url, secret: { env: variableOf(member) } }],
    ...(smokeTests && smokeTests.length > 0 && { smokeTests }),
    limits: { poll: '500ms' },
  };
}
