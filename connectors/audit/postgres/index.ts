import type { AuditConnector } from '../../../contract/connector.ts';
import { asKeyturnError } from './errors.ts';
import { migrate } from './migrate.ts';
import { holdsSecret, placeOf } from './place.ts';
import { poolOf } from './pool.ts';
import { checkSchema } from './schema.ts';
import { PostgresSink } from './sink.ts';

export const connector: AuditConnector = {
  kind: 'audit',
  name: 'postgres',
  holdsSecret,
  /**
   * @param location a URL, or where one stands: `env:<variable>`, `file:<path>`; empty for libpq's own variables.
   * @throws KeyturnError `transient`, `unauthorized`; `invalid` for a database whose schema is another.
   */
  async open(location) {
    const place = await placeOf(location);
    const pool = await poolOf(place);
    try {
      await checkSchema(pool, place.name);
      return new PostgresSink(pool, place.name);
    } catch (error) {
      await pool.end();
      throw asKeyturnError(error, place.name);
    }
  },
  migrate: async (location, options) => migrate(await placeOf(location), options),
};
