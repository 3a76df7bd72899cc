import { appendBugs } from './append-bugs';
import { subscriptionBugs } from './subscription-bugs';
import { readBugs } from './read-bugs';
import type { PlantedBug } from './planted-bug';
import { portBugs } from './port-bugs';

/** Faulty event stores, each with the contract clause that must see it. */
export const plantedEventStoreBugs: readonly PlantedBug[] = [...portBugs, ...appendBugs, ...readBugs, ...subscriptionBugs];
