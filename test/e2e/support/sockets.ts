import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';

/** Only Linux tells whose a socket is. */
export const tellsSockets = existsSync('/proc/net/tcp');

/** Has this process the connection that comes from this port of 127.0.0.1? (proc_pid_net(5), proc_pid_fd(5)) */
export async function holdsSocket(pid: number, fromPort: number): Promise<boolean> {
  const inode = await inodeOf(fromPort);
  if (inode === undefined) return false;
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return links.includes(`socket:[${inode}]`);
}

async function inodeOf(fromPort: number): Promise<string | undefined> {
  const local = `0100007F:${fromPort.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  return lines.find((fields) => fields[1] === local)?.[9];
}
