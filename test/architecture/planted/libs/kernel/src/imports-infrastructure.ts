// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:kernel" is not allowed to import "prom-client
// caught by: depcruise no-undeclared-package
// caught by: depcruise infrastructure-stays-outside
import type * as infrastructure from 'prom-client';

export type Infrastructure = typeof infrastructure;
