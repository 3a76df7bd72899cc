// caught by: eslint no-restricted-syntax "This is random
import { randomBytes } from 'node:crypto';

export const salt = randomBytes;
