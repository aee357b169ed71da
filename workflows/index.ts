export { rotation } from './rotation.workflow.ts';
