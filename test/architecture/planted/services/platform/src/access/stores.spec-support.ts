// caught by: nothing
import { door } from '@regulars/testing';

export const sharedBySpecs = door;
