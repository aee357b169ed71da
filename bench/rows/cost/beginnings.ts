import { randomUUID } from 'node:crypto';
import { fleetEnd, startFleet } from '../../../client/fleets.ts';
import { type Credential, mainQueue, workflowIdOf } from '../../../contract/index.ts';
import type { scheduledRotation } from '../../../workflows/scheduled-rotation.workflow.ts';
import { type Cost, costOf, sumOf } from '../../history/count.ts';
import { routineRequest } from '../../rotating.ts';
import type { Finding } from '../../row.ts';
import type { Stand } from '../../stand.ts';
import { found } from '../../stats.ts';
import { routine } from './plans.ts';

interface Place {
  stand: Stand;
  folder: string;
}

/** What the same rotation costs with who begins it: a schedule, or a fleet. */
export async function beginnings(place: Place): Promise<Finding[]> {
  const [scheduled, inFleet] = await Promise.all([bySchedule(place), byFleet(place)]);
  return [
    ...both(`${routine.name}, begun by a schedule`, scheduled, 'the two actions of the schedule itself included'),
    ...both(`${routine.name}, one of a fleet of ${fleetSize}`, inFleet, 'its share of the fleet included'),
  ];
}

function both(name: string, { actions, events }: Cost, comparedTo: string): Finding[] {
  return [
    found(`${name}: actions`, 'actions', [actions], { comparedTo }),
    found(`${name}: events`, 'events', [events], { comparedTo }),
  ];
}

/** A schedule's start is two actions beside that of its workflow (https://docs.temporal.io/cloud/actions#schedules). */
const scheduleActions = 2;

async function bySchedule({ folder, stand }: Place): Promise<Cost> {
  const { client } = stand.connected;
  const credential = routine.make(folder, 'cost/scheduled');
  const workflowId = `scheduled/${credential.id}`;
  const schedule = { when: 'every 30d', jitter: '0', catchUp: 'once' as const };
  const options = { workflowId, taskQueue: mainQueue, args: [{ credential, schedule }] as [Scheduled] };
  await client.workflow.execute<typeof scheduledRotation>('scheduledRotation', options);
  const sum = sumOf([
    await costOfWorkflow(stand, workflowId),
    await costOfWorkflow(stand, workflowIdOf(credential.id)),
  ]);
  return { ...sum, actions: sum.actions + scheduleActions };
}

type Scheduled = Parameters<typeof scheduledRotation>[0];

const fleetSize = 10;

async function byFleet({ folder, stand }: Place): Promise<Cost> {
  const credentials = Array.from({ length: fleetSize }, (_, index) => routine.make(folder, `cost/in-fleet-${index}`));
  const { handle } = await startFleet(stand.connected.client, {
    members: credentials.map((credential: Credential) => ({ credential, paces: [] })),
    request: { ...routineRequest(), id: randomUUID() },
    ...{ atOnce: fleetSize, mostFailures: 0, until: 'ended', paces: [] },
  });
  await fleetEnd(handle);
  const ids = [handle.workflowId, ...credentials.map(({ id }) => workflowIdOf(id))];
  const sum = sumOf(await Promise.all(ids.map((id) => costOfWorkflow(stand, id))));
  return { ...sum, actions: sum.actions / fleetSize, events: sum.events / fleetSize };
}

async function costOfWorkflow({ connected }: Stand, workflowId: string): Promise<Cost> {
  return costOf((await connected.client.workflow.getHandle(workflowId).fetchHistory()).events ?? []);
}
