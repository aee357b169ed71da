import { z } from 'zod';
import { secretRefSchema } from '../../../contract/index.ts';

/** The rules of google/cloud/secretmanager/v1/resources.proto, field `version_aliases`. */
const aliasSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'a letter, then at most 62 letters, digits, hyphens and underscores')
  .refine((alias) => alias !== 'latest' && alias !== 'NEW', 'Google keeps the aliases latest and NEW for itself');

const aliasesSchema = z
  .strictObject({
    current: aliasSchema.default('keyturn-current'),
    pending: aliasSchema.default('keyturn-pending'),
    previous: aliasSchema.default('keyturn-previous'),
  })
  .refine(
    ({ current, pending, previous }) => new Set([current, pending, previous]).size === 3,
    'three different names',
  );

export const schema = z
  .strictObject({
    vault: z.literal('gcp-secret-manager'),
    secret: z
      .string()
      .regex(
        /^projects\/[^/]+(\/locations\/[a-z0-9-]+)?\/secrets\/[A-Za-z0-9_-]{1,255}$/,
        'projects/<project>/secrets/<secret> or projects/<project>/locations/<location>/secrets/<secret>',
      ),
    /** What the consumers of this target read: the newest version, or the alias of the current one. */
    readers: z.enum(['latest', 'alias']).default('latest'),
    aliases: aliasesSchema.optional(),
    /** Another address of the same API, such as a private endpoint. Always TLS. */
    endpoint: z
      .strictObject({
        host: z.string().min(1),
        port: z.int().min(1).max(65_535).default(443),
        /** PEM file of the authority that this endpoint's certificate is from, where it is not a public one. */
        caFile: z.string().min(1).optional(),
      })
      .optional(),
    /** The key file (JSON) of a service account. Absent: Application Default Credentials. */
    credentials: secretRefSchema.optional(),
  })
  .refine(({ readers, aliases }) => readers === 'alias' || aliases === undefined, {
    path: ['aliases'],
    message: 'aliases are used with `readers: alias` only',
  });

export type Config = z.infer<typeof schema>;
export type Aliases = z.infer<typeof aliasesSchema>;

export function aliasesOf(config: Config): Aliases {
  return config.aliases ?? aliasesSchema.parse({});
}

/** Where a regional secret lives; its API has an address of its own. */
export function locationOf(secret: string): string | undefined {
  return secret.match(/\/locations\/([^/]+)\//)?.[1];
}
