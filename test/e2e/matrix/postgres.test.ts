import { matrixOf } from './cells.ts';
import { postgres } from './providers/postgres.ts';

matrixOf(postgres);
