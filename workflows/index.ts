export { rotateFleet } from './fleet.workflow.ts';
export { group } from './group.workflow.ts';
export { inspection } from './inspection.workflow.ts';
export { lookout } from './lookout.workflow.ts';
export { rotation } from './rotation.workflow.ts';
export { scheduledRotation } from './scheduled-rotation.workflow.ts';
