import { z } from 'zod';
import { durationSchema, secretRefSchema } from '../../../contract/index.ts';
import { isLoopback } from '../../postgres/loopback.ts';

/** PostgreSQL cuts names at 63 bytes (NAMEDATALEN, https://www.postgresql.org/docs/17/sql-syntax-lexical.html). */
const roleSchema = z
  .string()
  .regex(/^[\w.@+-]{1,63}$/, 'a role: 1 to 63 letters, digits or . _ - @ +')
  .refine((name) => !name.startsWith('pg_'), 'a role of your own: names that begin with pg_ are reserved');

const hostSchema = z.string().regex(/^[\w.:-]{1,255}$/, 'a host name or an IP address');

const fields = z.strictObject({
  type: z.literal('postgres'),
  host: hostSchema,
  port: z.int().min(1).max(65_535).default(5432),
  database: z.string().min(1).max(63).default('postgres'),
  admin: secretRefSchema,
  logins: z
    .tuple([roleSchema, roleSchema])
    .refine(([a, b]) => a !== b, 'two different logins')
    .optional(),
  login: roleSchema.optional(),
  owner: roleSchema.optional(),
  tls: z.enum(['disable', 'require', 'verify-full']).optional(),
  connectTimeout: durationSchema.prefault('5s'),
});
type Fields = z.infer<typeof fields>;

export const configSchema = fields
  .superRefine((given, issues) => {
    for (const problem of problemsOf(given)) issues.addIssue({ code: 'custom', ...problem });
  })
  .transform(({ login, logins, tls, connectTimeout, ...rest }) => ({
    ...rest,
    logins: loginsOf({ login, logins }),
    tls: tls ?? (isLoopback(rest.host) ? ('disable' as const) : ('verify-full' as const)),
    connectTimeoutMs: connectTimeout,
  }));
export type Config = z.infer<typeof configSchema>;

function problemsOf({ login, logins, owner }: Fields): { path: string[]; message: string }[] {
  const problems: { path: string[]; message: string }[] = [];
  if ((login === undefined) === (logins === undefined)) {
    problems.push({ path: ['logins'], message: 'either logins: [a, b] (alternating) or login: a (in place)' });
  }
  if (owner !== undefined && logins === undefined) {
    problems.push({ path: ['owner'], message: 'an owner is what two logins share: it needs logins: [a, b]' });
  }
  if (owner !== undefined && logins?.includes(owner)) {
    problems.push({ path: ['owner'], message: 'the owner is a role of its own, not one of the logins' });
  }
  return problems;
}

function loginsOf({ login, logins }: Pick<Fields, 'login' | 'logins'>): readonly string[] {
  return logins ?? (login === undefined ? [] : [login]);
}

export function isInPlace(config: Config): boolean {
  return config.logins.length === 1;
}

/** For people: which server. */
export function serverOf({ host, port }: Config): string {
  return `PostgreSQL at ${host}:${port}`;
}
