import { deliveryBugs } from './planted-delivery-bugs';
import type { PlantedBug } from './planted-bug';
import { resumeBugs } from './planted-resume-bugs';

/** Faulty buses, each with the clause that must see it. */
export const plantedEventBusBugs: readonly PlantedBug[] = [...deliveryBugs, ...resumeBugs];
