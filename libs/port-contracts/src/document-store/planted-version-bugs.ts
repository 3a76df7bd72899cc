import type { JsonObject } from '@regulars/kernel';
import type { CollectionSpec, DocumentStore } from '@regulars/ports';
import { collectionBug, forgetful, LookThenAct, matching, storeBug } from './planted-bug';
import type { PlantedBug } from './planted-bug';

const STRANGERS = 'versions and collections are strangers to each other, also where names differ in case alone';
const LATER_INDEX = 'an index declared later finds documents from before, and those written through the older opening';
const NAMES = 'names that could be more than names are refused with TypeError';
const COMPARE_AND_SET = 'the active version changes by compare-and-set, each collection on its own';
const DROP = 'dropping removes that version alone; the active one is refused and stays whole';
const CHECKPOINT = 'a checkpoint never goes back; consumers have their own';
const REOPEN = 'documents, indexes, positions, the active version and checkpoints survive opening again';

/** Makes a version the active one, whatever is active. */
async function activate(honest: DocumentStore, name: string, to: string): Promise<true> {
  while (!(await honest.switchVersion(name, await honest.activeVersion(name), to)));
  return true;
}

/** Stores that keep versions, checkpoints or what they were told wrongly. */
export const versionBugs: readonly PlantedBug[] = [
  storeBug('keeps all versions in one place', STRANGERS, (honest) => ({
    collection: <D extends JsonObject>(spec: CollectionSpec) => honest.collection<D>({ ...spec, version: '1' }),
  })),
  storeBug('takes upper and lower case in names for the same', STRANGERS, (honest) => ({
    collection: <D extends JsonObject>(spec: CollectionSpec) =>
      honest.collection<D>({ ...spec, name: spec.name.toLowerCase(), version: spec.version.toLowerCase() }),
  })),
  storeBug('makes a collection anew at each opening', 'two openings of one version see the same documents', (honest) => {
    let opened = 0;
    return {
      collection: <D extends JsonObject>(spec: CollectionSpec) => honest.collection<D>({ ...spec, version: `${spec.version}-${++opened}` }),
    };
  }),
  collectionBug('indexes only what is written from now on', LATER_INDEX, (honest, { indexes }) => {
    if (!indexes.includes('rank')) return {};
    const before = matching(honest, () => true).then((found) => new Set(found.map(({ id }) => id)));
    return {
      find: async (options = {}) => {
        const [page, old] = [await honest.find(options), await before];
        return options.where?.rank === undefined ? page : { ...page, items: page.items.filter(({ id }) => !old.has(id)) };
      },
    };
  }),
  storeBug('takes any name', NAMES, (honest) => ({
    collection: <D extends JsonObject>(spec: CollectionSpec) =>
      honest.collection<D>(spec).catch(() => honest.collection<D>({ ...spec, name: 'x', version: '1' })),
  })),
  storeBug('switches whatever is active', COMPARE_AND_SET, (honest) => ({
    switchVersion: (name, _from, to) => activate(honest, name, to),
  })),
  storeBug('has one active version for all', COMPARE_AND_SET, (honest) => {
    let active: string | undefined;
    return {
      switchVersion: async (name, from, to) => {
        const switched = await honest.switchVersion(name, from, to);
        if (switched) active = to;
        return switched;
      },
      activeVersion: async () => active,
    };
  }),
  storeBug(
    'compares first and switches later',
    'of many switches at the same time exactly one wins, and its version is active',
    (honest) => {
      const together = new LookThenAct();
      return {
        switchVersion: (name, from, to) =>
          together.run(
            async () => (await honest.activeVersion(name)) === from,
            async (isAsExpected) => isAsExpected && activate(honest, name, to),
          ),
      };
    },
  ),
  storeBug('drops the active version', DROP, (honest) => ({
    dropVersion: async (name, version) => {
      const isActive = (await honest.activeVersion(name)) === version;
      if (isActive) await honest.switchVersion(name, version, 'meanwhile');
      await honest.dropVersion(name, version);
      if (isActive) await honest.switchVersion(name, 'meanwhile', version);
    },
  })),
  storeBug('drops by the beginning of the name', DROP, (honest) => {
    const opened: CollectionSpec[] = [];
    return {
      collection: <D extends JsonObject>(spec: CollectionSpec) => {
        opened.push(spec);
        return honest.collection<D>(spec);
      },
      dropVersion: async (name, version) => {
        await honest.dropVersion(name, version);
        const others = new Set(opened.filter((spec) => spec.name === name).map((spec) => spec.version));
        others.delete((await honest.activeVersion(name)) ?? '');
        for (const other of others) await honest.dropVersion(name, other);
      },
    };
  }),
  storeBug('drops nothing', DROP, (honest) => ({
    dropVersion: async (name, version) => {
      if ((await honest.activeVersion(name)) === version) await honest.dropVersion(name, version);
    },
  })),
  storeBug('lets a checkpoint go back', CHECKPOINT, () => {
    const saved = new Map<string, string>();
    return {
      saveCheckpoint: async (consumer, position) => {
        saved.set(consumer, position);
      },
      loadCheckpoint: async (consumer) => saved.get(consumer),
    };
  }),
  storeBug('never moves a checkpoint', CHECKPOINT, (honest) => ({
    saveCheckpoint: async (consumer, position) => {
      if ((await honest.loadCheckpoint(consumer)) === undefined) await honest.saveCheckpoint(consumer, position);
    },
  })),
  storeBug('takes consumers for the same by case', CHECKPOINT, (honest) => ({
    saveCheckpoint: (consumer, position) => honest.saveCheckpoint(consumer.toLowerCase(), position),
    loadCheckpoint: (consumer) => honest.loadCheckpoint(consumer.toLowerCase()),
  })),
  forgetful('forgets documents', REOPEN, (honest) => ({
    collection: <D extends JsonObject>(spec: CollectionSpec) => honest.collection<D>({ ...spec, version: `${spec.version}-anew` }),
  })),
  forgetful('forgets which version is active', REOPEN, () => ({ activeVersion: async () => undefined })),
  forgetful('forgets checkpoints', REOPEN, () => ({ loadCheckpoint: async () => undefined })),
  collectionBug('forgets half of a write now and then', 'answers like the model to any history', (honest) => ({
    write: (writes) => honest.write(writes.length === 7 ? writes.slice(1) : writes),
  })),
];
