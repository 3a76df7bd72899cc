// caught by: eslint no-restricted-syntax "Date.now is the wall clock"
// caught by: depcruise pure-domain-direct
import { readFileSync } from 'node:fs';

export const decide = () => [Date.now(), readFileSync];
