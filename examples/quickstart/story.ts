import { readFileVault } from '../../connectors/vaults/file/index.ts';
import { logins, tryValue } from './database.ts';
import { secretName } from './home.ts';
import { countedBy } from './proof.ts';
import type { Findings } from './report.ts';
import { rotate } from './rotating.ts';
import type { Scene } from './set-up.ts';
import { total } from './traffic.ts';
import type { Voice } from './voice.ts';

type First = Pick<Findings, 'rotated' | 'queries' | 'connectionsAfterSwitch' | 'queriesFailed' | 'oldKey'>;
type Second = Pick<Findings, 'restored' | 'knownGood' | 'restoredQueries' | 'restoredQueriesFailed'>;

const enoughQueries = 50;
const enoughConnections = 4;
const [firstLogin, secondLogin] = logins;

/** The first rotation: it succeeds, and the application does not notice. */
export async function rotateUnderTraffic(scene: Scene, voice: Voice): Promise<First> {
  const { application, credential, firstUrl, temporal, traffic } = scene;
  voice.heading(`1. Rotating ${credential.id}, while the application queries`);
  const rotated = await rotate(temporal.client, credential, 'quickstart: the planned rotation', voice);
  if (rotated.outcome !== 'rotated') throw new Error(`it ended ${rotated.outcome}: ${rotated.reason?.message}`);
  const startMs = Date.parse(rotated.startedAt);
  const endMs = Date.parse(rotated.endedAt);
  const switchedMs = Date.parse(rotated.refreshedAt ?? rotated.endedAt);
  const connections = () => traffic.connections({ fromMs: switchedMs })[secondLogin] ?? 0;
  const queriesAfter = () => total(traffic.queries({ fromMs: endMs }));
  await voice.doing(`the application goes on, as ${secondLogin}`, () =>
    traffic.until(
      `${enoughQueries} queries and ${enoughConnections} new connections after the switch`,
      () => queriesAfter() >= enoughQueries && connections() >= enoughConnections,
    ),
  );
  return {
    rotated,
    oldKey: await tryValue(firstUrl),
    queries: {
      before: traffic.queries({ toMs: startMs }),
      during: traffic.queries({ fromMs: startMs, toMs: endMs }),
      after: traffic.queries({ fromMs: endMs }),
    },
    connectionsAfterSwitch: connections(),
    queriesFailed: (await countedBy(application)).failed,
  };
}

/** The second: its new login can log in but not do the application's work. It is found out before anybody uses it. */
export async function restoreUnderTraffic(scene: Scene, voice: Voice): Promise<Second> {
  const { administrator, application, credential, home, temporal, traffic } = scene;
  voice.heading('2. Rotating again, with a new login that lacks a grant');
  await voice.doing(`somebody lent the idle ${firstLogin} to others: as it acts now, it may not read orders`, () =>
    administrator.lendToReporting(firstLogin),
  );
  const stored = () => readFileVault({ home: home.folder, secret: secretName });
  const before = await stored();
  const failedBefore = (await countedBy(application)).failed;
  const restored = await rotate(temporal.client, credential, 'quickstart: the one that must not succeed', voice);
  const startMs = Date.parse(restored.startedAt);
  const endMs = Date.parse(restored.endedAt);
  await voice.doing('the application goes on with the known-good', () =>
    traffic.until('queries after the end', () => total(traffic.queries({ fromMs: endMs })) >= enoughQueries),
  );
  const now = await stored();
  return {
    restored,
    knownGood: { ...(await tryValue(now.value)), sameVersion: now.version === before.version },
    restoredQueries: traffic.queries({ fromMs: startMs }),
    restoredQueriesFailed: (await countedBy(application)).failed - failedBefore,
  };
}
