// Run by keyring.test.ts as a process of its own: <open or rotate> <file>. Waits to be let go, then prints ids of seal keys.
import { once } from 'node:events';
import { openKeyRing, rotateRingKey } from '../../connectors/keyrings/file/index.ts';

const [role, file = ''] = process.argv.slice(2);
console.log('ready');
await once(process.stdin, 'data');
if (role === 'open') {
  const ring = await openKeyRing(file, { create: true });
  console.log((await ring.current('seal')).kid);
} else {
  for (let made = 0; made < 20; made += 1) console.log((await rotateRingKey(file, 'seal')).kid);
}
