import { z } from 'zod';
import type { CatalogOptions } from '../../catalog/index.ts';
import { parseCatalog } from '../../catalog/index.ts';
import { CatalogError } from '../../catalog/problem.ts';
import type {
  ConsumerConnector,
  KeyFields,
  ProviderConnector,
  ProviderPowers,
  VaultConnector,
} from '../../contract/index.ts';
import { durationSchema, KeyturnError, secretRefSchema } from '../../contract/index.ts';

const powers: ProviderPowers = {
  order: 'make-before-break',
  chooses: true,
  verifies: true,
  disables: true,
  tellsUse: true,
  propagationMsMax: 2_000,
};

const notOpened = () => {
  throw new Error('a catalog opens no connector');
};

function provider<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  how: Partial<Pick<ProviderConnector<z.infer<Schema>>, 'smokeTestSchema'>> & {
    powers?: Partial<ProviderPowers>;
    fields: KeyFields;
    principals: (config: z.infer<Schema>) => readonly string[];
  },
): ProviderConnector {
  const connector: ProviderConnector<z.infer<Schema>> = {
    kind: 'provider',
    name,
    schema: schema as z.ZodType<z.infer<Schema>>,
    fields: () => how.fields,
    ...(how.smokeTestSchema && { smokeTestSchema: how.smokeTestSchema }),
    principals: how.principals,
    powers: () => ({ ...powers, ...how.powers }),
    classify: () => undefined,
    open: notOpened,
  };
  return connector as unknown as ProviderConnector;
}

const login: KeyFields = { all: ['user', 'password'], main: 'password', user: 'user', password: 'password' };
const one: KeyFields = { all: ['value'], main: 'value' };

const providers = [
  provider(
    'logins',
    z
      .strictObject({
        type: z.literal('logins'),
        host: z.string().min(1),
        port: z.int().min(1).max(65_535).default(5432),
        admin: secretRefSchema,
        mode: z.enum(['plain', 'verify']).optional(),
        connectTimeout: durationSchema.prefault('5s'),
        logins: z.tuple([z.string(), z.string()]),
      })
      .transform(({ connectTimeout, ...rest }) => ({ ...rest, connectTimeoutMs: connectTimeout })),
    {
      fields: login,
      principals: ({ host, port, logins }) => logins.map((login) => `${host}:${port} ${login}`),
      smokeTestSchema: z.strictObject({ sql: z.string().min(1) }),
    },
  ),
  provider('tokens', z.strictObject({ type: z.literal('tokens'), account: z.string() }), {
    fields: one,
    powers: { disables: false, chooses: false, tellsUse: false, propagationMsMax: 700_000 },
    principals: ({ account }) => [account],
  }),
  provider('single', z.strictObject({ type: z.literal('single'), host: z.string() }), {
    fields: login,
    powers: { order: 'in-place', disables: false },
    principals: ({ host }) => [host],
  }),
  provider('stored', z.strictObject({ type: z.literal('stored') }), {
    fields: one,
    powers: { verifies: false, disables: false, tellsUse: false },
    principals: () => [],
  }),
];

const box: VaultConnector<{ vault: 'box'; secret: string; region: string }> = {
  kind: 'vault',
  name: 'box',
  schema: z.strictObject({
    vault: z.literal('box'),
    secret: z.string().min(1),
    region: z.string().default('here'),
  }),
  location: ({ secret, region }) => `${region}/${secret}`,
  powers: () => ({ staging: true, destroys: true, readsBack: true, propagationMsMax: 0 }),
  classify: () => undefined,
  open: notOpened,
};

const call: ConsumerConnector<{ type: 'call'; url: string; secret?: unknown }> = {
  kind: 'consumer',
  name: 'call',
  schema: z.strictObject({ type: z.literal('call'), url: z.string(), secret: secretRefSchema.optional() }),
  classify: () => undefined,
  open: notOpened,
};

const all = [...providers, box, call] as (ProviderConnector | VaultConnector | ConsumerConnector)[];

async function find<C>(kind: string, name: string): Promise<C> {
  const found = all.find((connector) => connector.kind === kind && connector.name === name);
  if (!found) throw new KeyturnError('invalid', `there is no ${kind} connector`);
  return found as C;
}

/** Connectors that declare as much as a catalog can ask for, and can do nothing. */
export const fakes: Required<CatalogOptions> = {
  load: {
    loadProvider: (name) => find('provider', name),
    loadVault: (name) => find('vault', name),
    loadConsumer: (name) => find('consumer', name),
    knownConnectors: (kind) => all.filter((connector) => connector.kind === kind).map(({ name }) => name),
  },
};

export const parse = (text: string) => parseCatalog(text, 'catalog.yaml', fakes);

/** The lines of the error; fails when there is none. */
export async function problemsIn(text: string): Promise<string[]> {
  return (await errorIn(text)).message.split('\n');
}

export async function errorIn(text: string): Promise<CatalogError> {
  try {
    await parse(text);
  } catch (error) {
    if (error instanceof CatalogError) return error;
    throw error;
  }
  throw new Error('the catalog was accepted');
}

export const valid = `credentials:
  production/orders/DATABASE_URL:
    owner: payments-sre
    tier: sensitive
    site: eu-1
    provider: { type: logins, host: db.internal, admin: { env: ORDERS_DB_ADMIN_URL }, logins: [orders_a, orders_b] }
    targets:
      - { name: main, vault: box, secret: orders-db, value: url }
    consumers:
      - { type: call, url: https://orders.internal/keyturn, reads: main, instances: 20, canary: 1 }
      - { type: call, url: https://reports.internal/keyturn, required: false }
    smokeTests:
      - { sql: "select 1 from orders limit 1" }
    schedule: { every: 30d, window: { days: [tue, wed, thu], from: "10:00", to: "15:00", timezone: Europe/Berlin } }
    grace: 2h
    soak: 12h
    approval: { approvers: 2, within: 8h }
    limits: { step: 20m }
`;

export const minimal = `credentials:
  a/b:
    owner: me
    provider: { type: logins, host: h, admin: { env: A }, logins: [x, y] }
    targets: [{ vault: box, secret: s, value: url }]
    consumers: [{ type: call, url: u }]
`;

/** The minimal catalog with one text replaced. */
export function changed(from: string, to: string): string {
  if (!minimal.includes(from)) throw new Error(`the minimal catalog has no ${from}`);
  return minimal.replace(from, to);
}
