// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:contracts" can only depend on libs tagged with"
// caught by: depcruise contracts-depend-on-kernel
import { door } from '@regulars/adapter-embedded';

export const outward = door;
