// caught by: eslint @nx/enforce-module-boundaries "Projects cannot be imported by a relative or absolute path
// caught by: depcruise one-door
import { inner } from '../../ports/src/inner';

export const outer = inner;
