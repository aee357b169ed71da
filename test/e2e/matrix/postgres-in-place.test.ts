import { matrixOf } from './cells.ts';
import { postgresInPlace } from './providers/postgres.ts';

matrixOf(postgresInPlace);
