import type { JsonObject } from '@regulars/kernel';
import type { CollectionSpec } from '@regulars/ports';
import { collectionBug, forgetful, storeBug } from './planted-bug';
import type { PlantedBug } from './planted-bug';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const STRANGERS = 'versions and collections are strangers to each other, also where names differ in case alone';
const LATER_INDEX = 'an index declared later finds documents from before, and those written through the older opening';
const NAMES = 'names that could be more than names are refused with TypeError';
const COMPARE_AND_SET = 'the active version changes by compare-and-set, each collection on its own';
const DROP = 'dropping removes that version alone; the active one is refused and stays whole';
const CHECKPOINT = 'a checkpoint never goes back; consumers have their own';
const REOPEN = 'documents, indexes, positions, the active version and checkpoints survive opening again';

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
  collectionBug('indexes only what is written from now on', LATER_INDEX, (honest, raw) => {
    const before = new Set(raw.all().map(({ id }) => id));
    return {
      find: async (options = {}) => {
        const page = await honest.find(options);
        return options.where?.rank === undefined ? page : { ...page, items: page.items.filter(({ id }) => !before.has(id)) };
      },
    };
  }),
  storeBug('takes any name', NAMES, (honest) => ({
    collection: <D extends JsonObject>(spec: CollectionSpec) =>
      honest.collection<D>(spec).catch(() => honest.collection<D>({ ...spec, name: 'x', version: '1' })),
  })),
  storeBug('switches whatever is active', COMPARE_AND_SET, (_, kept) => ({
    switchVersion: async (name, _from, to) => {
      kept.active.set(name, to);
      return true;
    },
  })),
  storeBug('has one active version for all', COMPARE_AND_SET, (_, kept) => ({ activeVersion: async () => [...kept.active.values()][0] })),
  storeBug(
    'compares first and switches later',
    'of many switches at the same time exactly one wins, and its version is active',
    (honest, kept) => ({
      switchVersion: async (name, from, to) => {
        if ((await honest.activeVersion(name)) !== from) return false;
        await nextTurn();
        kept.active.set(name, to);
        return true;
      },
    }),
  ),
  storeBug('drops the active version', DROP, (_, kept) => ({
    dropVersion: async (name, version) => {
      kept.versions.delete(`${name}/${version}`);
    },
  })),
  storeBug('drops by the beginning of the name', DROP, (honest, kept) => ({
    dropVersion: async (name, version) => {
      await honest.dropVersion(name, version);
      for (const key of kept.versions.keys()) if (key.startsWith(`${name}/`)) kept.versions.delete(key);
    },
  })),
  storeBug('drops nothing', DROP, (honest, kept) => ({
    dropVersion: async (name, version) => {
      if (kept.active.get(name) === version) await honest.dropVersion(name, version);
    },
  })),
  storeBug('lets a checkpoint go back', CHECKPOINT, (_, kept) => ({
    saveCheckpoint: async (consumer, position) => {
      kept.checkpoints.set(consumer, position);
    },
  })),
  storeBug('never moves a checkpoint', CHECKPOINT, (honest, kept) => ({
    saveCheckpoint: async (consumer, position) => {
      if (!kept.checkpoints.has(consumer)) await honest.saveCheckpoint(consumer, position);
    },
  })),
  storeBug('takes consumers for the same by case', CHECKPOINT, (honest) => ({
    saveCheckpoint: (consumer, position) => honest.saveCheckpoint(consumer.toLowerCase(), position),
    loadCheckpoint: (consumer) => honest.loadCheckpoint(consumer.toLowerCase()),
  })),
  forgetful('forgets documents', REOPEN, () => ({ versions: new Map() })),
  forgetful('forgets which version is active', REOPEN, () => ({ active: new Map() })),
  forgetful('forgets checkpoints', REOPEN, () => ({ checkpoints: new Map() })),
  collectionBug('forgets half of a write now and then', 'answers like the model to any history', (honest) => ({
    write: (writes) => honest.write(writes.length === 7 ? writes.slice(1) : writes),
  })),
];
