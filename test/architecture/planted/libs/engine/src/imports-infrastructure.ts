// caught by: eslint @nx/enforce-module-boundaries "A project tagged with "type:engine" is not allowed to import "@nestjs/common
// caught by: depcruise no-undeclared-package
// caught by: depcruise infrastructure-stays-outside
import type * as infrastructure from '@nestjs/common';

export type Infrastructure = typeof infrastructure;
