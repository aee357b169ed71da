export { inspection } from './inspection.workflow.ts';
export { rotation } from './rotation.workflow.ts';
