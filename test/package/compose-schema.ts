import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';

/** The linter of Compose files brings the Specification's schema along. */
const linter = join(createRequire(import.meta.url).resolve('dclint/package.json'), '..');

/** The Compose Specification's own schema. */
export function composeSchema(): z.ZodType {
  // By its name for draft 7 zod does not know it.
  const { $schema: _draft, ...schema } = JSON.parse(readFileSync(join(linter, 'schemas/compose.schema.json'), 'utf8'));
  return z.fromJSONSchema(schema, { defaultTarget: 'draft-7' });
}
