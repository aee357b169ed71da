import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { expect, inject } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import { giveLogin, makeRoles } from '../../connectors/providers/postgres/harness.ts';
import type { AttestationStatus, Credential, KeyId, Request, RotationEnd } from '../../contract/index.ts';
import { unique } from '../e2e/support/issuers.ts';
import type { Rotating } from '../support/rotating.ts';

export const ada = { by: 'ada', reason: 'test' };

/** Ends in the reverse order what tests have opened: tests that run side by side cannot each do so for themselves. */
export class Openings {
  readonly #ends: (() => unknown)[] = [];

  add(end: () => unknown): void {
    this.#ends.push(end);
  }

  async close(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}

/** Starts a rotation and waits for its end, as {@link endOf} does. */
export async function rotate(rotating: Rotating, credential: Credential, request: Partial<Request> = {}) {
  return endOf(rotating, await rotating.start(credential, request));
}

/** Shows the reason where it ended otherwise. */
export function expectEnd(end: RotationEnd, expected: object): void {
  expect(end, JSON.stringify(end.reason)).toMatchObject(expected);
}

/** Waits for the end. @throws where the rotation needs a person: it would stand open until the test's time is over. */
export async function endOf(rotating: Rotating, started: rotations.Started): Promise<RotationEnd> {
  await rotating.until(started, ({ end, quarantine }) => {
    if (quarantine) throw new Error(`quarantined in ${quarantine.step}: ${quarantine.reason.message}`);
    return end !== undefined;
  });
  return rotations.ended(started.handle);
}

/** The instance of {@link pull} says this. */
export function says({ handle }: rotations.Started, keyId: KeyId | undefined, status: AttestationStatus = 'loaded') {
  return rotations.attest(handle, { consumer: 'app', instance: 'one', keyId, status });
}

/** One login in place, and the URL that works at the beginning. */
export async function oneLogin() {
  const { host, port } = inject('postgres');
  const { admin, config, given } = await makeRoles('in place');
  const [login = ''] = config.logins;
  const { password } = await giveLogin(login, `first-${randomUUID()}`);
  const name = `PG_ADMIN_${unique()}`;
  return {
    provider: { ...given, admin: { env: name } },
    shape: 'url' as const,
    env: { [name]: `postgres://${admin.user}:${admin.password}@${host}:${port}/postgres` },
    first: `postgres://${login}:${password?.reveal()}@${host}:${port}/postgres`,
    standing: async () => '',
  };
}

/** As an application does it. @throws for whatever is not an answer about the password. */
export async function logsIn(url: string): Promise<boolean> {
  const sql = new Client({ connectionString: url });
  try {
    await sql.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') return false;
    throw error;
  } finally {
    await sql.end().catch(() => {});
  }
}

/** Something that one side waits for until the other says so. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
