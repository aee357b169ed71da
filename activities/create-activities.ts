import type { Deps } from '../connectors/deps.ts';
import type { Activities } from '../contract/index.ts';
import { calendarActivities } from './calendar.ts';
import { createStepActivities } from './create.ts';
import { inspectActivities } from './inspect.ts';
import { lookoutActivities } from './lookout.ts';
import { noticeActivities } from './notices.ts';
import { recordActivities } from './record.ts';
import { refreshActivities } from './refresh.ts';
import { retireActivities } from './retire.ts';
import { testActivities } from './smoke-test.ts';
import { takeInActivities } from './take-in.ts';
import { writeActivities } from './write.ts';

/** All activities of a rotation, bound to what this process provides. */
export function createActivities(deps: Deps): Activities {
  return {
    ...calendarActivities(deps),
    ...inspectActivities(deps),
    ...lookoutActivities(deps),
    ...noticeActivities(deps),
    ...createStepActivities(deps),
    ...takeInActivities(deps),
    ...writeActivities(deps),
    ...testActivities(deps),
    ...refreshActivities(deps),
    ...retireActivities(deps),
    ...recordActivities(deps),
  };
}
