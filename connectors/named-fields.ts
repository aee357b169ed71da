import { z } from 'zod';
import { type Context, type KeyFields, type KeyId, KeyturnError, type KeyValue, Secret } from '../contract/index.ts';

/** Keys whose fields the catalog names, and that have no name of their own: a fingerprint stands for it. */

export const fieldNamesSchema = z
  .array(z.string().regex(/^[A-Za-z_][\w.-]{0,63}$/, 'a name of a field'))
  .min(1)
  .max(16)
  .refine((names) => new Set(names).size === names.length, 'each field once')
  .default(['value']);

/** `value`, or else the first, is the main one. */
export function keyFieldsOf(all: readonly string[]): KeyFields {
  const main = all.find((field) => field === 'value') ?? (all[0] as string);
  const password = all.includes('password') ? 'password' : all.length === 1 ? main : undefined;
  return { all, main, ...(password === undefined ? {} : { password }) };
}

/** Pure: of all fields, whatever their order in the catalog. */
export async function fingerprintOf(
  ctx: Pick<Context, 'fingerprint'>,
  prefix: string,
  { fields, value }: { fields: readonly string[]; value: KeyValue },
): Promise<KeyId | 'unknown'> {
  const parts: [string, string][] = [];
  for (const name of [...fields].sort()) {
    if (!Object.hasOwn(value, name)) return 'unknown';
    parts.push([name, fieldOf(value, name).reveal()]);
  }
  return `${prefix}/${await ctx.fingerprint(new Secret(JSON.stringify(parts)))}`;
}

/** @throws KeyturnError `invalid` naming the field. */
export function fieldOf(value: KeyValue, field: string): Secret {
  const found = Object.hasOwn(value, field) ? value[field] : undefined;
  if (!found) throw new KeyturnError('invalid', `the value has no field '${field}'`);
  return found;
}
