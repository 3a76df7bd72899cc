// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:adapter" can only depend on libs tagged with"
// caught by: depcruise adapters-depend-on-ports
import { door } from '@regulars/cli';

export const outward = door;
