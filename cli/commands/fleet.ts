import type { Command } from '@commander-js/extra-typings';
import { addFleetCancel } from './fleet-cancel.ts';
import { addFleetList } from './fleet-list.ts';
import { addFleetPause } from './fleet-pause.ts';
import { addFleetResume } from './fleet-resume.ts';
import { addFleetStatus } from './fleet-status.ts';
import { addFleetWatch } from './fleet-watch.ts';

export function addFleet(program: Command): void {
  const fleet = program
    .command('fleet')
    .description('Look at fleets, which `rotate` begins for many credentials, and steer them.');
  addFleetStatus(fleet);
  addFleetWatch(fleet);
  addFleetList(fleet);
  addFleetPause(fleet);
  addFleetResume(fleet);
  addFleetCancel(fleet);
}
