import { connect, createServer, type Socket } from 'node:net';

/**
 * A TCP proxy that loses a reply: it passes what a client sends, and the first time that this holds `text` it delivers it and hears the
 * server out, but cuts the client off at once.
 */
export async function cutAfter(to: { host: string; port: number }, text: string) {
  const open = new Set<Socket>();
  let isCut = false;
  let delivered: () => void = () => {};
  const answered = new Promise<void>((resolve) => {
    delivered = resolve;
  });
  const server = createServer((client) => {
    const upstream = connect(to.port, to.host);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {}).on('close', () => open.delete(socket));
    }
    client.on('end', () => upstream.end());
    client.on('data', (bytes) => {
      upstream.write(bytes);
      if (isCut || !bytes.toString('latin1').includes(text)) return;
      isCut = true;
      client.destroy();
      upstream.once('data', () => {
        delivered();
        upstream.end();
      });
    });
    upstream.on('data', (bytes) => client.writable && client.write(bytes));
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    /** The server has done what the cut client never heard of. */
    answered,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
