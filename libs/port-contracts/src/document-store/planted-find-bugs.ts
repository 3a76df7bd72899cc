import type { DocumentCollection, FindOptions, StoredDocument } from '@regulars/ports';
import { collectionBug, matching } from './planted-bug';
import type { PlantedBug } from './planted-bug';

type Changed = (page: StoredDocument[], options: FindOptions) => StoredDocument[];

/** Looks up honestly and changes the page, keeping its cursor. */
const changing =
  (change: Changed) =>
  (honest: DocumentCollection): Partial<DocumentCollection> => ({
    find: async (options = {}) => {
      const page = await honest.find(options);
      return { ...page, items: change([...page.items], options) };
    },
  });

/** Rewrites the options before an honest look-up. */
const asking =
  (rewrite: (options: FindOptions) => FindOptions) =>
  (honest: DocumentCollection): Partial<DocumentCollection> => ({
    find: (options = {}) => honest.find(rewrite(options)),
    count: (options = {}) => honest.count(rewrite(options)),
  });

const rankOf = (stored: StoredDocument): string | number => stored.document.rank as string | number;
const withValue = (options: FindOptions, change: (value: unknown) => unknown): FindOptions => ({
  ...options,
  where: options.where && (Object.fromEntries(Object.entries(options.where).map(([field, value]) => [field, change(value)])) as never),
});

const byUtf16 = async (honest: DocumentCollection): Promise<StoredDocument[]> =>
  (await matching(honest, () => true)).sort((a, b) => (a.id < b.id ? -1 : 1));

const EQUALITY = 'equality is exact in type and case, on all fields named';
const RANGES = 'ranges include their bounds and keep numbers and text apart';
const ORDER = 'order: without the field, then numbers, then text by its bytes; ties by id; descending is the exact reverse';
const PAGES = 'pages lose nothing and repeat nothing, whatever the page size, with ties and absent values';
const CURSORS = 'a cursor that is none, or of another order, throws TypeError; a limit outside 1 to 1,000 is refused';
const NO_INDEX = 'a field that is no index throws TypeError, whatever its name';
const VALUES = 'a value that is neither text nor a finite number throws TypeError; hostile text matches itself alone';
const ALL = 'all gives every document once, ordered by id, in batches';
const GET_MANY = 'getMany gives those that exist, each once, in the order asked';

/** Stores that find wrongly. */
export const findBugs: readonly PlantedBug[] = [
  collectionBug('gives an id asked twice twice', GET_MANY, (honest) => ({
    getMany: async (ids) => (await Promise.all(ids.map((id) => honest.get(id)))).filter((found) => found !== undefined),
  })),
  collectionBug('gives many in the order it keeps them', GET_MANY, (honest) => ({
    getMany: async (ids) => honest.getMany([...ids].sort()),
  })),
  collectionBug('takes numbers for their text', EQUALITY, (honest) => ({
    find: async (options = {}) => {
      const { group } = options.where ?? {};
      return group === undefined
        ? honest.find(options)
        : { items: await matching(honest, ({ document }) => String(document.group) === String(group)) };
    },
  })),
  collectionBug('takes upper and lower case for the same', EQUALITY, (honest) => ({
    find: async (options = {}) => {
      const { group } = options.where ?? {};
      if (typeof group !== 'string') return honest.find(options);
      return {
        items: await matching(
          honest,
          ({ document }) => typeof document.group === 'string' && document.group.toLowerCase() === group.toLowerCase(),
        ),
      };
    },
  })),
  collectionBug(
    'looks at the first field alone',
    EQUALITY,
    asking((options) => ({ ...options, where: Object.fromEntries(Object.entries(options.where ?? {}).slice(0, 1)) })),
  ),
  collectionBug(
    'cuts looked-up text at NUL',
    EQUALITY,
    asking((options) => withValue(options, (value) => (typeof value === 'string' ? value.replace(/\0.*$/s, '') : value))),
  ),
  collectionBug('rounds fractions', 'fractions are found by the very number that was stored', (honest) => ({
    find: async ({ where, range } = {}) => {
      const wanted = Number(where?.rank ?? range?.rank?.from);
      return { items: await matching(honest, ({ document }) => Number(document.rank).toPrecision(15) === wanted.toPrecision(16)) };
    },
  })),
  collectionBug(
    'leaves the upper bound out',
    RANGES,
    changing((page, { range }) => page.filter((stored) => range?.rank?.to === undefined || rankOf(stored) !== range.rank.to)),
  ),
  collectionBug('takes all text for greater than any number', RANGES, (honest) => ({
    find: async (options = {}) => {
      const { from, to } = options.range?.rank ?? {};
      if (typeof from !== 'number' || to !== undefined) return honest.find(options);
      return {
        items: await matching(honest, ({ document: { rank } }) => typeof rank === 'string' || (typeof rank === 'number' && rank >= from)),
      };
    },
  })),
  collectionBug('orders text by UTF-16', ORDER, (honest) => ({
    find: async (options = {}) => {
      const page = await honest.find(options);
      const texts = page.items
        .filter((stored) => typeof stored.document.rank === 'string')
        .sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : rankOf(a) > rankOf(b) ? 1 : 0));
      return options.orderBy
        ? { ...page, items: page.items.map((stored) => (typeof stored.document.rank === 'string' ? (texts.shift() ?? stored) : stored)) }
        : page;
    },
  })),
  collectionBug(
    'orders text before numbers',
    ORDER,
    changing((page, { orderBy }) =>
      orderBy
        ? [
            ...page.filter(({ document }) => typeof document.rank === 'string'),
            ...page.filter(({ document }) => typeof document.rank !== 'string'),
          ]
        : page,
    ),
  ),
  collectionBug('leaves ties upwards when descending', ORDER, (honest) => ({
    find: async (options = {}) => {
      const page = await honest.find(options);
      if (!options.descending || !options.orderBy) return page;
      const items = [...page.items].map((stored, place) => ({ stored, place }));
      items.sort((a, b) => (rankOf(a.stored) === rankOf(b.stored) ? (a.stored.id < b.stored.id ? -1 : 1) : a.place - b.place));
      return { ...page, items: items.map(({ stored }) => stored) };
    },
  })),
  collectionBug('orders ids by UTF-16', 'without orderBy the order is that of the ids, by their bytes', (honest) => ({
    find: async (options = {}) => (Object.keys(options).length ? honest.find(options) : { items: await byUtf16(honest) }),
  })),
  collectionBug('goes on after the last value instead of the last document', PAGES, (honest) => ({
    find: async (options = {}) => {
      if (!options.cursor || !options.orderBy) return honest.find(options);
      const whole = (await honest.find({ ...options, cursor: undefined, limit: 1_000 })).items;
      const next = (await honest.find(options)).items[0];
      const before = whole.at(whole.findIndex(({ id }) => id === next?.id) - 1);
      const rest = whole
        .slice(whole.findIndex(({ id }) => id === next?.id))
        .filter((stored) => before && rankOf(stored) !== rankOf(before));
      return { items: rest.slice(0, options.limit) };
    },
  })),
  collectionBug(
    'loses documents without the field when ordering',
    PAGES,
    changing((page, { orderBy }) => page.filter(({ document }) => !orderBy || orderBy in document)),
  ),
  collectionBug('says there is more when there is not', PAGES, (honest) => ({
    find: async (options = {}) => {
      const page = await honest.find(options);
      return { next: options.limit && page.items.length === options.limit ? options.cursor : undefined, ...page };
    },
  })),
  collectionBug(
    'counts pages off instead of going on after a document',
    'a page goes on after its last document, whatever was written in between',
    (honest) => ({
      find: async ({ cursor, limit = 100, ...options } = {}) => {
        const start = Number(cursor ?? 0);
        const whole = (await honest.find({ ...options, limit: 1_000 })).items;
        return { items: whole.slice(start, start + limit), next: start + limit < whole.length ? String(start + limit) : undefined };
      },
    }),
  ),
  collectionBug('takes a bad cursor for the first page', CURSORS, (honest) => ({
    find: (options = {}) => honest.find(options).catch(() => honest.find({ ...options, cursor: undefined })),
  })),
  collectionBug(
    'gives as much as is asked for',
    CURSORS,
    asking((options) => ({ ...options, limit: Math.min(Math.max(1, Math.trunc(Number(options.limit ?? 100)) || 1), 1_000) })),
  ),
  collectionBug(
    'gives everything where no limit is named',
    'a page has 100 documents unless told, and 1,000 where told',
    asking((options) => ({ limit: 1_000, ...options })),
  ),
  collectionBug('looks through everything for a field that is no index', NO_INDEX, (honest, { indexes }) => ({
    find: async (options = {}) => {
      const [field, value] = Object.entries(options.where ?? {})[0] ?? [];
      return field === undefined || indexes.includes(field)
        ? honest.find(options)
        : { items: await matching(honest, ({ document }) => document[field] === value) };
    },
  })),
  collectionBug('leaves out a condition it does not know', NO_INDEX, (honest, { indexes }) => ({
    count: (options = {}) =>
      honest.count({
        where: Object.fromEntries(Object.entries(options.where ?? {}).filter(([field]) => indexes.includes(field))),
        range: options.range,
      }),
  })),
  collectionBug('runs operators it finds in values', VALUES, (honest) => ({
    find: async (options = {}) =>
      Object.values(options.where ?? {}).some((value) => typeof value === 'object')
        ? { items: await matching(honest, () => true) }
        : honest.find(options),
  })),
  collectionBug('takes % for anything', VALUES, (honest) => ({
    find: async (options = {}) => (options.where?.group === '%' ? { items: await matching(honest, () => true) } : honest.find(options)),
  })),
  collectionBug('leaves old values in the index', 'look-ups follow every change of an indexed field', (honest) => {
    const first = new Map<string, unknown>();
    return {
      write: (writes) => {
        for (const { id, document } of writes) if (!first.has(id)) first.set(id, document?.group);
        return honest.write(writes);
      },
      find: async (options = {}) => {
        const { group } = options.where ?? {};
        if (group === undefined) return honest.find(options);
        return { items: await honest.getMany([...first].filter(([, kept]) => kept === group).map(([id]) => id)) };
      },
    };
  }),
  collectionBug('counts one page', 'count counts what find would give, over all pages', (honest) => ({
    count: async (options = {}) => (await honest.find(options)).items.length,
  })),
  collectionBug('counts without the range', 'count counts what find would give, over all pages', (honest) => ({
    count: ({ where } = {}) => honest.count({ where }),
  })),
  collectionBug('gives all in the order of writing', ALL, (honest) => {
    const written: string[] = [];
    return {
      write: (writes) => {
        written.push(...writes.map(({ id }) => id));
        return honest.write(writes);
      },
      all: async function* () {
        for (let start = 0; start < written.length; start += 100) yield honest.getMany(written.slice(start, start + 100));
      },
    };
  }),
  collectionBug('gives all but the last, smaller batch', ALL, (honest) => ({
    all: async function* () {
      for await (const batch of honest.all()) if (batch.length % 100 === 0) yield batch;
    },
  })),
  collectionBug('gives all at once', ALL, (honest) => ({
    all: async function* () {
      const whole: StoredDocument[] = [];
      for await (const batch of honest.all()) whole.push(...batch);
      yield whole;
    },
  })),
];
