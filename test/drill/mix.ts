import { toAws } from './connections.ts';
import { perSecondWanted } from './consumer.ts';
import type { Options } from './options.ts';
import type { Stand } from './stand.ts';

/** How many credentials of which provider. */
export interface Mix {
  logins: number;
  users: number;
  /** What the AWS double answers, asked without a pause. */
  perSecond: number;
}

const measureMs = 2_000;
const callersAtOnce = 4;
/** When all are at work there is less of the machine left for it. */
const share = 0.5;

/** The AWS double is one process that answers one at a time: it gets no more consumers than it can serve. */
export async function mixFor(stand: Stand, { aws, count }: Options): Promise<Mix> {
  const perSecond = Math.round(await answersPerSecond(stand));
  const served = Math.max(1, Math.floor((perSecond * share) / perSecondWanted));
  const users = aws ?? Math.min(Math.floor(count / 5), served);
  return { logins: count - users, users, perSecond };
}

async function answersPerSecond(stand: Stand): Promise<number> {
  const { adminAccessKeyId: id, adminSecretAccessKey: secret } = stand.aws;
  const { close, query } = toAws(stand)(JSON.stringify({ id, secret }));
  await query();
  const beganMs = Date.now();
  let answers = 0;
  const call = async () => {
    for (; Date.now() - beganMs < measureMs; answers += 1) await query();
  };
  await Promise.all(Array.from({ length: callersAtOnce }, call));
  await close();
  return (answers * 1_000) / (Date.now() - beganMs);
}
