// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:engine" can only depend on libs tagged with"
// caught by: depcruise engine-depends-on-ports
import { door } from '@regulars/adapter-embedded';

export const outward = door;
