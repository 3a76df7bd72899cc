// caught by: depcruise pure-domain-direct
import { open } from '../another-object/facts';

export const facts = open;
