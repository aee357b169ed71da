import { randomBytes } from 'node:crypto';
import { verifyWebhook } from '../../../connectors/consumers/webhook/receiver.ts';
import type { Notify } from '../../../contract/index.ts';
import { httpDouble } from '../../support/http-double.ts';

/** One notice, as the webhook got it. */
export interface Told {
  id: string;
  text: string;
  keyturn: { kind: string; credential: string; rotation: string | null; todo: string[] };
}

/** Takes notices, and looks at their signature. */
export async function startReceiver() {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const told: Told[] = [];
  /** Answers, in order; then 200. */
  const answers: number[] = [];
  let heard = () => {};
  const double = await httpDouble((request, response, body) => {
    verifyWebhook(request.headers, body, secret);
    const status = answers.shift() ?? 200;
    if (status === 200) told.push({ id: String(request.headers['webhook-id']), ...JSON.parse(body) });
    response.writeHead(status).end();
    heard();
  });
  const notify: Notify = { url: `${double.url}/notices`, secret: { env: 'NOTIFY' } };
  return {
    notify,
    answers,
    told,
    /** What the worker has to find in its environment. */
    env: { NOTIFY: secret },
    /** Resolves when somebody has been told something of this kind. */
    async hear(kind: string): Promise<Told> {
      for (;;) {
        const found = told.find(({ keyturn }) => keyturn.kind === kind);
        if (found) return found;
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
    stop: () => double.stop(),
  };
}
