// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:service" can only depend on libs tagged with"
// caught by: depcruise services-never-meet
import { door } from '@regulars/loyalty-tier';

export const outward = door;
