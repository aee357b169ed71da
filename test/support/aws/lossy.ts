import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Answer {
  status: number;
  type: string;
  body: string;
}

/** A road to the double on which replies get lost. Actions are named as AWS names them: `CreateAccessKey`. */
export interface LossyRoad {
  endpoint: string;
  /** Every action that came along, in order. */
  seen: string[];
  /** Of these the double has done so many. */
  done: Map<string, number>;
  /** The next request of this action is carried out, and its reply is lost. */
  loseReplyTo(action: string): void;
  /** Runs before the next request of this action is passed on. */
  before(action: string, work: () => Promise<unknown>): void;
  /** The next request of this action is answered here and not passed on. */
  answer(action: string, answer: Answer): void;
  close(): Promise<void>;
}

export async function lossyRoad(to: string): Promise<LossyRoad> {
  const seen: string[] = [];
  const done = new Map<string, number>();
  const lost = new Map<string, true>();
  const works = new Map<string, () => Promise<unknown>>();
  const answers = new Map<string, Answer>();
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = await buffer(incoming);
    const action = actionOf(incoming, body);
    seen.push(action);
    await take(works, action)?.();
    const answer = take(answers, action) ?? (await passOn(to, incoming, body));
    if (answer.status === 200) done.set(action, (done.get(action) ?? 0) + 1);
    if (take(lost, action)) incoming.socket.destroy();
    else reply(outgoing, answer);
  };
  // Whoever asks may be killed meanwhile.
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    done,
    loseReplyTo: (action) => lost.set(action, true),
    before: (action, work) => works.set(action, work),
    answer: (action, answer) => answers.set(action, answer),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function take<Value>(map: Map<string, Value>, action: string): Value | undefined {
  const value = map.get(action);
  map.delete(action);
  return value;
}

function actionOf(incoming: IncomingMessage, body: Buffer): string {
  const target = incoming.headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? '';
  return new URLSearchParams(body.toString()).get('Action') ?? '';
}

/** The Host header stays as it was signed. */
function passOn(to: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onward = request(to, {
      method: incoming.method ?? 'POST',
      path: incoming.url ?? '/',
      headers: incoming.headers,
    });
    onward.once('error', reject);
    onward.once('response', async (response) =>
      resolve({
        status: response.statusCode ?? 0,
        type: response.headers['content-type'] ?? '',
        body: (await buffer(response)).toString(),
      }),
    );
    onward.end(body);
  });
}

function reply(outgoing: ServerResponse, { status, type, body }: Answer): void {
  outgoing.writeHead(status, { 'content-type': type, connection: 'close' }).end(body);
}

/** An error as IAM and STS spell it. */
export function queryError(code: string, message: string, status = 403): Answer {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status, type: 'text/xml', body };
}
