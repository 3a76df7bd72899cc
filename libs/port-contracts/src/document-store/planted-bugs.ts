import { findBugs } from './planted-find-bugs';
import type { PlantedBug } from './planted-bug';
import { versionBugs } from './planted-version-bugs';
import { writeBugs } from './planted-write-bugs';

/** Faulty document stores, each with the clause that must see it. */
export const plantedDocumentStoreBugs: readonly PlantedBug[] = [...writeBugs, ...findBugs, ...versionBugs];
