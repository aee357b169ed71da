import { isIP } from 'node:net';
import { hostname, userInfo } from 'node:os';

/** Who is behind a command, and from where: as requests and decisions name them. */
export interface Person {
  /** `user@host`. */
  by: string;
  /** The host; and where somebody is on it through SSH, from which address. */
  from: string;
}

export function person(env: NodeJS.ProcessEnv): Person {
  const host = hostname();
  const [client = ''] = (env.SSH_CONNECTION ?? '').split(' ');
  const from = isIP(client) === 0 ? host : `${host}, by SSH from ${client}`;
  return { by: `${userName(env)}@${host}`.slice(0, 200), from: from.slice(0, 300) };
}

/** A container may run as a user without a name. */
function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER || `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
