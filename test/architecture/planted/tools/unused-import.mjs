// caught by: eslint no-unused-vars "'sep' is defined but never used"
import { join, sep } from 'node:path';

export const path = join('a', 'b');
