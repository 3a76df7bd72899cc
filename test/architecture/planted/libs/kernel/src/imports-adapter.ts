// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:kernel" cannot depend on any libs with tags"
// caught by: depcruise kernel-depends-on-nothing
import { door } from '@regulars/adapter-embedded';

export const outward = door;
