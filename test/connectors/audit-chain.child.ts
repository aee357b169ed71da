// Run by audit-chain.test.ts as a process of its own: <database> <credential> <name> <how many entries>.
import { appendEntry } from '../../connectors/audit/chain.ts';
import { connector } from '../../connectors/audit/sqlite/index.ts';

const [file = '', credential = '', by = '', count = ''] = process.argv.slice(2);
const sink = await connector.open(file);
for (let index = 0; index < Number(count); index += 1) {
  const at = new Date().toISOString();
  await appendEntry(sink, {
    credential,
    rotation: by,
    at,
    kind: 'decision',
    effect: `${by}/${index}`,
    verb: 'note',
    by,
  });
}
await sink.close();
