// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:hosting" can only depend on libs tagged with"
// caught by: depcruise hosting-depends-inwards
import { door } from '@regulars/adapter-embedded';

export const outward = door;
