import type { Deps } from '../connectors/deps.ts';
import { sendNotice } from '../connectors/http/notice.ts';
import { bench } from '../connectors/open.ts';
import type { Activities } from '../contract/index.ts';

export function noticeActivities(deps: Deps): Pick<Activities, 'sendNotice'> {
  return {
    async sendNotice({ job, notice }) {
      const { notify } = job.credential;
      if (notify) await sendNotice(bench(deps, job).ctx, notify, notice);
    },
  };
}
