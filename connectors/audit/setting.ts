import { join } from 'node:path';

const embedded = 'sqlite';

export interface NamedAudit {
  sink: string;
  location: string;
}

/**
 * What a setting of the form `<sink>` or `<sink>:<location>` names; absent: the embedded audit.
 * @param home Keyturn's folder, where the embedded audit stands unless its place is named.
 */
export function namedAudit(setting: string | undefined, home: string): NamedAudit {
  const [sink = embedded, ...rest] = (setting ?? embedded).split(':');
  const location = rest.join(':');
  return { sink, location: location === '' && sink === embedded ? join(home, 'audit.db') : location };
}
