import { matrixOf } from './cells.ts';
import { awsIam } from './providers/aws.ts';

matrixOf(awsIam);
