// caught by: nothing
import { door } from '@regulars/adapter-embedded';
import { door as hosting } from '@regulars/hosting';

console.log(door, hosting);
