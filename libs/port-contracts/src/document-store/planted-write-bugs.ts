import type { JsonObject } from '@regulars/kernel';
import type { DocumentCollection, DocumentWrite } from '@regulars/ports';
import { collectionBug, force, LookThenAct } from './planted-bug';
import type { PlantedBug } from './planted-bug';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Writes one by one where `takes` says so, by the position that stands there. */
function writing(honest: DocumentCollection, takes: (write: DocumentWrite, standing: string | undefined) => boolean) {
  return async (writes: readonly DocumentWrite[]): Promise<{ applied: number; skipped: number }> => {
    let applied = 0;
    for (const write of writes) {
      if (!takes(write, (await honest.get(write.id))?.position)) continue;
      await force(honest, write);
      applied++;
    }
    return { applied, skipped: writes.length - applied };
  };
}

const isObject = (document: unknown): boolean => typeof document === 'object' && document !== null && !Array.isArray(document);
const mapped = (document: JsonObject, change: (text: string) => string): JsonObject =>
  JSON.parse(change(JSON.stringify(document))) as JsonObject;

const READS_BACK = 'reads back exactly what was written, and nothing for an id that was not';
const CONDITIONAL = 'a write at an older or the same position has no effect, a newer one replaces the whole content';
const BATCH = 'each write of a batch stands on its own, also where an id comes twice';
const HOSTILE_IDS = 'hostile ids are only data, each its own document';
const UNSTORABLE = 'an id that cannot be stored exactly (NUL, half a surrogate pair) is refused, and is not found';
const HOSTILE_CONTENT = 'hostile content is kept exactly';

/** Stores that write wrongly. */
export const writeBugs: readonly PlantedBug[] = [
  collectionBug('adds a member of its driver to what it reads', READS_BACK, (honest) => ({
    get: async (id) => {
      const found = await honest.get(id);
      return found && { ...found, _metadata: { duration: 0 } };
    },
  })),
  collectionBug('answers before a write is seen', READS_BACK, (honest) => ({
    write: async (writes) => {
      nextTurn()
        .then(() => honest.write(writes))
        .catch(() => undefined);
      return { applied: writes.length, skipped: 0 };
    },
  })),
  collectionBug('writes whatever the position', CONDITIONAL, (honest) => ({ write: writing(honest, () => true) })),
  collectionBug('takes the same position again', CONDITIONAL, (honest) => ({
    write: writing(honest, ({ position }, standing) => position >= (standing ?? '')),
  })),
  collectionBug('merges new content into old', CONDITIONAL, (honest) => ({
    write: async (writes) =>
      honest.write(
        await Promise.all(
          writes.map(async (write) => ({ ...write, document: { ...(await honest.get(write.id))?.document, ...write.document } })),
        ),
      ),
  })),
  collectionBug('keeps the old position with new content', CONDITIONAL, (honest) => {
    const first = new Map<string, string>();
    return {
      get: async (id) => {
        const found = await honest.get(id);
        if (found && !first.has(id)) first.set(id, found.position);
        return found && { ...found, position: first.get(id) ?? found.position };
      },
    };
  }),
  collectionBug('compares positions as numbers', 'positions compare byte by byte, not as numbers', (honest) => ({
    write: writing(honest, ({ position }, standing) => Number.parseInt(position, 10) > Number.parseInt(standing ?? '-1', 10)),
  })),
  collectionBug('keeps the last of an id in a batch, not the newest', BATCH, (honest) => ({
    write: async (writes) => {
      const last = new Map(writes.map((write) => [write.id, write]));
      const { applied } = await honest.write([...last.values()]);
      return { applied, skipped: writes.length - applied };
    },
  })),
  collectionBug('gives up a batch at the first write that has no effect', BATCH, (honest) => ({
    write: async (writes) => {
      let applied = 0;
      for (const write of writes) {
        if ((await honest.write([write])).applied === 0) break;
        applied++;
      }
      return { applied, skipped: writes.length - applied };
    },
  })),
  collectionBug('counts what had no effect', BATCH, (honest) => ({
    write: async (writes) => {
      await honest.write(writes);
      return { applied: writes.length, skipped: 0 };
    },
  })),
  collectionBug('compares first and writes later', 'of writes at the same time the highest position stays', (honest) => {
    const together = new LookThenAct();
    return {
      write: (writes) =>
        together.run(
          async () => {
            const standing = new Map((await honest.getMany(writes.map(({ id }) => id))).map(({ id, position }) => [id, position]));
            return writes.filter(({ id, position }) => position > (standing.get(id) ?? ''));
          },
          async (taken) => {
            for (const write of taken) await force(honest, write);
            return { applied: taken.length, skipped: writes.length - taken.length };
          },
        ),
    };
  }),
  collectionBug(
    'hands out what it keeps',
    'what was read or written can be changed by its owner without changing what is stored',
    (honest) => {
      const cache = new Map<string, Awaited<ReturnType<typeof honest.get>>>();
      return {
        get: async (id) => {
          const current = await honest.get(id);
          if (current?.position !== cache.get(id)?.position) cache.set(id, current);
          return cache.get(id);
        },
      };
    },
  ),
  collectionBug('trims ids', HOSTILE_IDS, (honest) => ({
    write: (writes) => honest.write(writes.map((write) => ({ ...write, id: write.id.trim() }))),
    get: (id) => honest.get(id.trim()),
  })),
  collectionBug('normalizes ids', HOSTILE_IDS, (honest) => ({
    write: (writes) => honest.write(writes.map((write) => ({ ...write, id: write.id.normalize('NFC') }))),
  })),
  collectionBug('looks ids up in an object', HOSTILE_IDS, (honest) => ({
    get: async (id) => (id in {} ? { id, position: '', document: {} } : honest.get(id)),
  })),
  collectionBug('cuts ids at NUL', UNSTORABLE, (honest) => ({
    write: (writes) => honest.write(writes.map((write) => ({ ...write, id: write.id.replace(/\0.*$/s, '') }))),
  })),
  collectionBug('writes the good part of a refused batch', UNSTORABLE, (honest) => ({
    write: async (writes) => {
      for (const write of writes) await honest.write([write]);
      return { applied: writes.length, skipped: 0 };
    },
  })),
  collectionBug('copies content by assignment', HOSTILE_CONTENT, (honest) => ({
    write: (writes) =>
      honest.write(
        writes.map((write) => {
          const copy: Record<string, JsonObject[string]> = {};
          for (const [key, value] of Object.entries(write.document ?? {})) copy[key] = value;
          return { ...write, document: write.document && !Array.isArray(write.document) ? copy : write.document };
        }),
      ),
  })),
  collectionBug('drops NUL from content', HOSTILE_CONTENT, (honest) => ({
    write: (writes) =>
      honest.write(
        writes.map((write) =>
          write.document ? { ...write, document: mapped(write.document, (text) => text.replaceAll('\\u0000', '')) } : write,
        ),
      ),
  })),
  collectionBug('takes what is no object', 'a document that is no object is refused and nothing of its batch is written', (honest) => ({
    write: (writes) => honest.write(writes.map((write) => (isObject(write.document) ? write : { ...write, document: {} }))),
  })),
];
