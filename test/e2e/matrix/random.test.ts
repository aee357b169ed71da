import { matrixOf } from './cells.ts';
import { random } from './providers/random.ts';

matrixOf(random);
