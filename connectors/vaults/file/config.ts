import { join, normalize, resolve } from 'node:path';
import { z } from 'zod';

const extension = '.vault.json';
const segment = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

const secretSchema = z
  .string()
  .max(500)
  .refine(
    (secret) => secret.split('/').every((part) => segment.test(part) && !part.endsWith(extension)),
    'names joined by "/", each of letters, digits, ".", "_" and "-", beginning with a letter, a digit or "_"',
  );

export const configSchema = z.strictObject({
  vault: z.literal('file'),
  /** `orders/db`: where in the folder it stands. */
  secret: secretSchema,
  /** The folder, absolute or below Keyturn's own. */
  path: z
    .string()
    .min(1)
    .default('vault')
    .transform((path) => normalize(path).replace(/(?<=.)\/$/, '')),
});
export type Config = z.infer<typeof configSchema>;

export interface Place {
  secret: string;
  /** The vault's folder. */
  folder: string;
  file: string;
  lockFile: string;
}

export function placeOf(config: Config, home: string): Place {
  const folder = resolve(home, config.path);
  return {
    secret: config.secret,
    folder,
    file: join(folder, `${config.secret}${extension}`),
    lockFile: join(folder, '.lock'),
  };
}
