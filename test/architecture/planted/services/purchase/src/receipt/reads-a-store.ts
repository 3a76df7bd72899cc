// caught by: nothing
import { door } from '@regulars/ports';

export const read = door;
