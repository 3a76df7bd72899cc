// caught by: depcruise no-import-of-specs
import { shared } from './shared.spec';

export const copy = shared;
