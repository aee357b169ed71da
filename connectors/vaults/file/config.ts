import { join, normalize, resolve } from 'node:path';
import { z } from 'zod';

export const extension = '.vault.json';
export const defaultPath = 'vault';
const segment = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

export function isSecret(text: string): boolean {
  return text.split('/').every((part) => segment.test(part) && !part.endsWith(extension));
}

const secretSchema = z
  .string()
  .max(500)
  .refine(
    isSecret,
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
    .default(defaultPath)
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
