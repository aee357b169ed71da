import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

/** Calls itself PostgreSQL, asks whoever comes for the password in the clear, and keeps it. */
export interface Thief {
  host: string;
  port: number;
  /** How many connections there were. */
  visits(): number;
  /** Every password that it was told. */
  heard: readonly string[];
  close(): Promise<void>;
}

/** https://www.postgresql.org/docs/17/protocol-message-formats.html: AuthenticationCleartextPassword. */
const askForPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
const passwordAt = 5;

export async function startThief(): Promise<Thief> {
  const sockets: Socket[] = [];
  const heard: string[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(askForPassword);
      socket.once('data', (message) => {
        heard.push(message.subarray(passwordAt, message.indexOf(0, passwordAt)).toString());
        socket.destroy();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address,
    port,
    visits: () => sockets.length,
    heard,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
