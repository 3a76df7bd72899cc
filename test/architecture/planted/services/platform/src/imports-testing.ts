// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:composition" can not depend on libs tagged with "type:testing""
// caught by: depcruise testing-in-specs-only
import { door } from '@regulars/testing';

export const outward = door;
