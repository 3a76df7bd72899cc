import { assignmentBugs } from './planted-assignment-bugs';
import { deliveryBugs } from './planted-delivery-bugs';
import type { PlantedBug } from './planted-bug';
import { relayBugs } from './planted-relay-bugs';
import { resumeBugs } from './planted-resume-bugs';
import { sharingBugs } from './planted-sharing-bugs';

/** Faulty buses, each with the clause that must see it. */
export const plantedEventBusBugs: readonly PlantedBug[] = [...deliveryBugs, ...resumeBugs, ...assignmentBugs, ...sharingBugs, ...relayBugs];
