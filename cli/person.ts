import { hostname, userInfo } from 'node:os';

/** `user@host`, as requests and decisions name who is behind them. */
export function person(env: NodeJS.ProcessEnv): string {
  return `${userName(env)}@${hostname()}`.slice(0, 200);
}

/** A container may run as a user without a name. */
function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER || `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
