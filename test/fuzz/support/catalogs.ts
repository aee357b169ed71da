import { expect } from 'vitest';
import { type Catalog, type CatalogError, parseCatalog } from '../../../catalog/index.ts';
import type { DeclaredCredential } from '../../../catalog/schema.ts';
import { rotationInputSchema } from '../../../contract/index.ts';
import { assertCleanCatalogError } from './canary.ts';

const login = `credentials:
  production/orders/DATABASE_URL:
    owner: payments-sre
    tier: sensitive
    provider: { type: postgres, host: db.internal, admin: { env: ORDERS_ADMIN }, logins: [orders_a, orders_b], connectTimeout: 5s }
    targets:
      - { name: main, vault: file, secret: orders/db, value: url }
      - { name: copy, vault: gcp-secret-manager, secret: projects/acme/secrets/orders-db, value: { json: { db.user: user, db.pass: password } } }
    consumers:
      - { type: webhook, url: https://orders.internal/keyturn, secret: { env: ORDERS_HOOK }, reads: main, instances: 20, canary: 1 }
    smokeTests:
      - { sql: "select 1 from orders limit 1", expect: any }
    schedule: { every: 30d, window: { days: [tue, wed], from: "10:00", to: "15:00", timezone: Europe/Berlin } }
    grace: 2h
    soak: 12h
    approval: { approvers: 2, within: 8h }
    limits: { step: 20m }
`;

const accessKey = `credentials:
  production/mail/AWS:
    owner: "mail team"
    site: eu-1
    provider: &admin
      type: aws-iam-access-key
      user: mailer
      account: "123456789012"
      admin: { accessKeyId: { file: /run/id }, secretAccessKey: { target: { vault: file, secret: admin } } }
    targets:
      - vault: aws-secrets-manager
        secret: mail
        region: eu-central-1
        value: { json: { id: accessKeyId, key: secretAccessKey } }
    consumers: [{ type: pull, required: false }]
    schedule: { cron: "0 3 * * mon", timezone: Europe/Paris }
`;

const stored = `# Two at once
credentials:
  staging/hooks:
    owner: me
    provider: { type: random, length: 40, prefix: "x-", require: [digit], accepter: { url: "https://accept.internal/" } }
    targets: [{ vault: file, secret: hooks }]
    consumers: [{ type: pull, role: accepts }, { type: pull }]
    smokeTests: [{ http: { url: "https://accept.internal/ping", expect: 204 } }]
  staging/inplace:
    owner: me
    provider: { type: postgres, host: 127.0.0.1, port: 5433, database: d, admin: { env: A }, login: app }
    targets: [{ vault: file, secret: inplace }]
    grace: 0
    soak: 0
`;

export const valid = [login, accessKey, stored];

/** Accepted, and then the same again when it is written down as it was understood; or refused at places in the file. */
export async function assertSettled(text: string): Promise<'accepted' | 'refused'> {
  let catalog: Catalog;
  try {
    catalog = await parseCatalog(text, 'catalog.yaml');
  } catch (error) {
    assertCleanCatalogError(error);
    assertPlaced(text, error);
    return 'refused';
  }
  const credentials = [...catalog.credentials.values()];
  const again = await parseCatalog(JSON.stringify(declared(credentials)), 'again.yaml');
  expect([...again.credentials.values()]).toEqual(credentials);
  for (const credential of credentials) {
    expect(rotationInputSchema.safeParse({ credential, requests: [] }).error?.issues ?? []).toEqual([]);
  }
  return 'accepted';
}

/** What must not reach a terminal. */
const unprintable = /[\p{C}\u2028\u2029]/u;

function assertPlaced(text: string, { problems, message }: CatalogError): void {
  expect(problems.length).toBeGreaterThan(0);
  expect(message.replaceAll('\n', '')).not.toMatch(unprintable);
  const lines = text.split('\n');
  for (const { file, line, column, found, expected } of problems) {
    expect(file && found && expected).toBeTruthy();
    const there = lines[line - 1];
    if (there === undefined || !(column >= 1 && column <= there.length + 1)) {
      expect.fail(`${line}:${column} is not in the file`);
    }
  }
}

const ms = (time: number) => `${time}ms`;

/** The credentials in the catalog's own words. */
function declared(credentials: readonly DeclaredCredential[]): Record<string, unknown> {
  const groups = credentials.flatMap(({ group }) => (group ? [[group.name, declaredGroup(group)] as const] : []));
  return {
    credentials: Object.fromEntries(credentials.map((credential) => [credential.id, declaredOne(credential)])),
    // Those of the file, which all of them have.
    freezes: credentials[0]?.calendar?.freezes ?? [],
    groups: Object.fromEntries(groups),
    ...(credentials[0]?.notify && { notify: credentials[0].notify }),
  };
}

function declaredGroup({ apartMs, atOnce }: NonNullable<DeclaredCredential['group']>): object {
  return { apart: ms(apartMs), ...(atOnce === undefined ? {} : { atOnce }) };
}

function declaredOne(credential: DeclaredCredential): Record<string, unknown> {
  const {
    approval,
    calendar: _calendar,
    graceMs,
    group,
    id: _id,
    limits,
    maxAgeMs,
    notify: _,
    schedule,
    ...rest
  } = credential;
  const { refreshWithinMs, soakMs, ...same } = rest;
  const { stepMs, settleMs, refusalMs, attemptMs, pollMs } = limits;
  const waits = {
    step: ms(stepMs),
    settle: ms(settleMs),
    refusal: ms(refusalMs),
    attempt: ms(attemptMs),
    poll: ms(pollMs),
  };
  return {
    ...same,
    grace: ms(graceMs),
    soak: ms(soakMs),
    refreshWithin: ms(refreshWithinMs),
    limits: waits,
    ...(approval && { approval: { approvers: approval.approvers, within: ms(approval.withinMs) } }),
    ...(schedule && { schedule: declaredSchedule(schedule) }),
    ...(maxAgeMs !== undefined && { maxAge: ms(maxAgeMs) }),
    ...(group && { group: group.name }),
  };
}

function declaredSchedule(schedule: NonNullable<DeclaredCredential['schedule']>): object {
  const { catchUp, cron, everyMs, jitterMs, timezone, window } = schedule;
  const when = everyMs === undefined ? { cron, timezone } : { every: ms(everyMs) };
  return { ...when, catchUp, jitter: ms(jitterMs), ...(window && { window }) };
}
