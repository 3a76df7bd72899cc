// caught by: depcruise pure-domain-reach
import { read } from './reads-a-store';

export const decide = read;
