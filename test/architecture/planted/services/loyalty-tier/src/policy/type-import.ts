// caught by: eslint @typescript-eslint/consistent-type-imports "All imports in the declaration are only used as types"
import { Stats } from 'node:fs';

export type Size = Pick<Stats, 'size'>;
