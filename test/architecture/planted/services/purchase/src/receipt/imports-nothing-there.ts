// caught by: depcruise no-unresolved
import type { Missing } from './missing';

export type Found = Missing;
