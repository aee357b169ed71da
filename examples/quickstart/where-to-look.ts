import type { Scene } from './set-up.ts';
import type { Voice } from './voice.ts';

/** With everything still running. */
export function tellWhatToTry({ credential, home, server, temporal, uiPort }: Scene, voice: Voice): void {
  const { heading, line, paint } = voice;
  heading('It keeps running, until Ctrl-C. To look at it, in another terminal:');
  line(`  export TEMPORAL_ADDRESS=${temporal.address} KEYTURN_HOME=${home.folder} KEYTURN_CATALOG=${home.catalog}`);
  for (const command of ['check', `status ${credential.id}`, `rotate ${credential.id} --wait`, 'audit verify']) {
    line(`  npx keyturn ${command}`);
  }
  line(`  psql "$(cat ${home.oldUrlFile})"    ${paint('dim', '# the old password: refused')}`);
  line(
    `  psql "$(cat ${home.adminUrlFile})" -c "select usename, count(*) from pg_stat_activity where usename like 'orders%' group by 1"`,
  );
  line();
  if (uiPort !== undefined) line(`  ${paint('dim', 'Temporal     ')} http://127.0.0.1:${uiPort}`);
  line(`  ${paint('dim', 'database     ')} 127.0.0.1:${server.port}`);
  line(`  ${paint('dim', 'logs         ')} ${home.applicationLog} and ${home.workerLog}`);
}

/** With everything stopped. */
export function tellWhatStays({ home }: Scene, stays: 'nothing' | 'proof', { line, paint }: Voice): void {
  if (stays === 'nothing') return;
  line();
  line(`  ${paint('dim', 'catalog      ')} ${home.catalog}`);
  line(`  ${paint('dim', 'audit        ')} ${home.audit}`);
  line(`  ${paint('dim', 'logs         ')} ${home.applicationLog} and ${home.workerLog}`);
  line(
    `  ${paint('dim', 'Everything is stopped; keys, vault and passwords are removed. npm run quickstart -- --keep leaves it running.')}`,
  );
}
