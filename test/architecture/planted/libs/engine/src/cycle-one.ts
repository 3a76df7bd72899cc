// caught by: depcruise no-cycles
import { two } from './cycle-two';

export const one = (): number => two() + 1;
