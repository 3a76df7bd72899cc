// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:service" can only depend on libs tagged with"
// caught by: depcruise services-depend-inwards
import { door } from '@regulars/adapter-embedded';

export const opened = door;
