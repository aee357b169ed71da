import { connect, createServer, type Socket } from 'node:net';

/** A TCP forwarder on a port of its own, which can be closed and opened again while others use it. */
export interface Road {
  port: number;
  /** From now on nobody gets through; who was on it is cut off. */
  close(): Promise<void>;
  open(): Promise<void>;
}

export interface RoadOptions {
  /** Asked of every connection, by the port that it comes from. Absent: all may pass. */
  admits?(fromPort: number): Promise<boolean>;
  /** Before `open` is called nobody gets through. */
  closed?: boolean;
}

export async function roadTo(to: { host: string; port: number }, options: RoadOptions = {}): Promise<Road> {
  const { admits = async () => true } = options;
  const sockets = new Set<Socket>();
  const server = createServer(async (client) => {
    track(sockets, client);
    if (!(await admits(client.remotePort ?? 0))) return void client.resetAndDestroy();
    const upstream = track(sockets, connect(to.port, to.host));
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const road: Road = {
    port,
    async close() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    open: () => (server.listening ? Promise.resolve() : listen(port)),
  };
  if (options.closed) await road.close();
  return road;
}

function track(sockets: Set<Socket>, socket: Socket): Socket {
  sockets.add(socket);
  return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
}
