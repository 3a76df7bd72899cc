// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:composition" can only depend on libs tagged with"
// caught by: depcruise testing-in-specs-only
import { door } from '@regulars/testing';

export const outward = door;
