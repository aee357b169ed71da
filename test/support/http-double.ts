import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpDouble {
  /** Without a slash at its end. */
  url: string;
  stop(): Promise<void>;
}

/** A real HTTP server on a free port of this machine, for one test. */
export async function httpDouble(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<HttpDouble> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    answer(request, response, Buffer.concat(chunks).toString());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An address of this machine where nobody listens: the port was free a moment ago. */
export async function nobodyHome(): Promise<string> {
  const double = await httpDouble((_request, response) => response.end());
  await double.stop();
  return double.url;
}
