// Run by tests as a process of its own: <sink>:<location> <credential> <name> <how many entries>.
import { appendEntry } from '../../connectors/audit/chain.ts';
import { namedAudit } from '../../connectors/audit/setting.ts';
import { loadAudit } from '../../connectors/load.ts';

const [setting = '', credential = '', by = '', count = ''] = process.argv.slice(2);
const named = namedAudit(setting, '');
const sink = await (await loadAudit(named.sink)).open(named.location);
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
