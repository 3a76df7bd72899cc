// caught by: nothing
import { one } from './cycle-one';

export const two = (): number => one() + 1;
