// caught by: nothing
import { door } from '@regulars/hosting';

export const hosted = door;
