// caught by: depcruise pure-domain-direct
import { createHash } from 'node:crypto';

export const digest = createHash;
