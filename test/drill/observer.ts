import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Member } from './fleet.ts';
import type { Stand } from './stand.ts';

/** When a key could still be used, and when its provider refused it. */
export interface Sighting {
  usableMs: number;
  refusedMs?: number;
}

/** Says which of these names the provider would still let in. Nobody uses a key for that: a use would be seen, and waited for. */
type Look = (names: readonly string[]) => Promise<ReadonlySet<string>>;

const everyMs = 100;

/** Looks at the old keys from outside, and uses each one when it is closed: then it has to be refused. */
export class Observer {
  readonly sightings: ReadonlyMap<string, Sighting>;
  readonly #over = new AbortController();
  readonly #rounds: Promise<unknown>;

  constructor(stand: Stand, members: readonly Member[]) {
    this.sightings = new Map(members.map(({ id }) => [id, { usableMs: Date.now() }]));
    const [access, logins] = [members.filter(isAccessKey), members.filter((member) => !isAccessKey(member))];
    this.#rounds = Promise.all([this.#watchLogins(stand, logins), this.#watch(access, accessKeys(stand, access))]);
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#rounds;
  }

  async #watchLogins({ postgres }: Stand, members: readonly Member[]): Promise<void> {
    const sql = new Client({ connectionString: postgres.adminUrl });
    await sql.connect();
    await this.#watch(members, (names) => openLogins(sql, names)).finally(() => sql.end());
  }

  async #watch(members: readonly Member[], look: Look): Promise<void> {
    const open = new Set(members);
    while (open.size > 0 && !this.#over.signal.aborted) {
      const askedMs = Date.now();
      const usable = await look([...open].map(oldName));
      for (const member of open) {
        if (!usable.has(oldName(member))) await this.#tryClosed(member, open);
        else this.#sighting(member).usableMs = askedMs;
      }
      await sleep(everyMs);
    }
  }

  async #tryClosed(member: Member, open: Set<Member>): Promise<void> {
    if (await member.issuer.accepts(member.issuer.first)) return;
    this.#sighting(member).refusedMs = Date.now();
    open.delete(member);
  }

  #sighting({ id }: Member): Sighting {
    const sighting = this.sightings.get(id);
    if (!sighting) throw new TypeError(`nobody watches ${id}`);
    return sighting;
  }
}

export function oldName({ issuer }: Member): string {
  return issuer.nameOf(issuer.first);
}

const isAccessKey = ({ issuer }: Member) => issuer.provider.type === 'aws-iam-access-key';

async function openLogins(sql: Client, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql.query<{ name: string }>(
    'select rolname as name from pg_authid where rolname = any ($1) and rolcanlogin and rolpassword is not null',
    [names],
  );
  return new Set(rows.map(({ name }) => name));
}

function accessKeys({ aws }: Stand, members: readonly Member[]): Look {
  const users = new Map(members.map((member) => [oldName(member), member.issuer.provider.user as string]));
  return async (names) => {
    const active = new Set<string>();
    for (const name of names) {
      const { AccessKeyMetadata: keys = [] } = await aws.iam.listAccessKeys({ UserName: users.get(name) });
      for (const key of keys) if (key.Status === 'Active') active.add(key.AccessKeyId ?? '');
    }
    return active;
  };
}
