// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:ports" can only depend on libs tagged with"
// caught by: depcruise ports-depend-on-kernel
import { door } from '@regulars/adapter-embedded';

export const outward = door;
