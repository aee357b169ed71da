import { durationSchema } from '../contract/index.ts';

const tenYearsMs = 3_650 * 86_400_000;
export const span = durationSchema.refine((ms) => ms <= tenYearsMs, 'at most 3650d');
export const positive = span.refine((ms) => ms > 0, 'more than 0');
