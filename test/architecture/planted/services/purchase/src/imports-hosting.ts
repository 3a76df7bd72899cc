// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:service" can only depend on libs tagged with"
// caught by: depcruise services-know-no-process
import { door } from '@regulars/hosting';

export const hosted = door;
