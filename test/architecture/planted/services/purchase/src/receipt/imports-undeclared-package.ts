// caught by: depcruise no-undeclared-package
import type * as undeclared from 'yaml';

export type Undeclared = typeof undeclared;
