import { config } from 'zod';

export { rotateFleet } from './fleet.workflow.ts';
export { group } from './group.workflow.ts';
export { inspection } from './inspection.workflow.ts';
export { lookout } from './lookout.workflow.ts';
export { rotation } from './rotation.workflow.ts';
export { scheduledRotation } from './scheduled-rotation.workflow.ts';

// A workflow parses a handful of messages, once each: a parser compiled for them costs more than it saves.
config({ jitless: true });
