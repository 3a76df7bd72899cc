// caught by: nothing
import { door } from '@regulars/adapter-embedded';

console.log(door);
