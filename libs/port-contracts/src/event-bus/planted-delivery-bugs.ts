import type { JsonObject } from '@regulars/kernel';
import type { DeliveredMessage, EventBus } from '@regulars/ports';
import { batchBug, busBug, consumeBug } from './planted-bug';
import type { PlantedBug } from './planted-bug';

const EVERYTHING = 'a message arrives with everything it was published with';
const BEFORE_AND_AFTER = 'messages published before and after the start arrive';
const ORDER = 'messages of one key arrive in the order of publishing';
const AT_ONCE = 'publishers at the same time lose nothing and keep the order of their keys';
const TOPICS = 'only the topics asked for arrive';
const POSITIONS = 'positions of one source rise, and no batch is larger than asked for';
const REPEATED = 'publishing a message again, in one call or later, changes no id and loses no other';
const CAUGHT_UP = 'says it has caught up once all that was there has been handed over, not before';

function byAssignment(data: JsonObject): JsonObject {
  const copy: Record<string, JsonObject[string]> = {};
  for (const [name, value] of Object.entries(data)) copy[name] = value;
  return copy;
}

/** Hands over some messages only, chosen by what was published when the consumption began. */
function handsOverOnly(honest: EventBus, isHandedOver: (id: string, atStart: ReadonlySet<string>) => boolean): EventBus {
  const published = new Set<string>();
  return {
    publish: async (messages) => {
      await honest.publish(messages);
      for (const { id } of messages) published.add(id);
    },
    consume: (options) => {
      const atStart = new Set(published);
      const chosen = ({ id }: DeliveredMessage): boolean => isHandedOver(id, atStart);
      return honest.consume({ ...options, onBatch: (messages, upTo, done) => options.onBatch(messages.filter(chosen), upTo, done) });
    },
  };
}

/** Buses that deliver wrongly. */
export const deliveryBugs: readonly PlantedBug[] = [
  batchBug('loses the trace', EVERYTHING, (messages, upTo) => [messages.map((message) => ({ ...message, traceparent: undefined })), upTo]),
  batchBug('makes an absent store an empty one', EVERYTHING, (messages, upTo) => [
    messages.map((message) => ({ ...message, store: message.store ?? '' })),
    upTo,
  ]),
  batchBug('copies data by assignment', EVERYTHING, (messages, upTo) => [
    messages.map((message) => ({ ...message, data: byAssignment(message.data) })),
    upTo,
  ]),
  busBug('refuses to publish nothing', 'publishing nothing is nothing', (honest) => ({
    publish: (messages) => (messages.length ? honest.publish(messages) : Promise.reject(new Error('nothing to publish'))),
  })),
  busBug('gives a message a new id when it comes again', REPEATED, (honest) => {
    const seen = new Map<string, number>();
    return {
      publish: (messages) =>
        honest.publish(
          messages.map((message) => {
            const times = seen.get(message.id) ?? 0;
            seen.set(message.id, times + 1);
            return times ? { ...message, id: `${message.id}#${times}` } : message;
          }),
        ),
    };
  }),
  busBug('drops what stands behind a repeated message', REPEATED, (honest) => {
    const seen = new Set<string>();
    return {
      publish: (messages) => {
        const repeat = messages.findIndex(({ id }) => seen.size === seen.add(id).size);
        return honest.publish(repeat < 0 ? messages : messages.slice(0, repeat));
      },
    };
  }),
  busBug('hands over only what comes after the start', BEFORE_AND_AFTER, (honest) =>
    handsOverOnly(honest, (id, atStart) => !atStart.has(id)),
  ),
  busBug('hands over only what was there at the start', BEFORE_AND_AFTER, (honest) =>
    handsOverOnly(honest, (id, atStart) => atStart.has(id)),
  ),
  batchBug('turns batches round', ORDER, (messages, upTo) => [[...messages].reverse(), upTo]),
  busBug('spreads one key over the partitions', ORDER, (honest) => {
    const keys = new Map<string, string>();
    return {
      publish: (messages) => {
        for (const { id, key } of messages) keys.set(id, key);
        return honest.publish(messages.map((message) => ({ ...message, key: message.id })));
      },
      consume: (options) => {
        const restored = (message: DeliveredMessage): DeliveredMessage => ({ ...message, key: keys.get(message.id) ?? message.key });
        return honest.consume({ ...options, onBatch: (messages, upTo, done) => options.onBatch(messages.map(restored), upTo, done) });
      },
    };
  }),
  busBug('loses what two publish at the same time', AT_ONCE, (honest) => {
    let under = false;
    return {
      publish: async (messages) => {
        if (under) return;
        under = true;
        await Promise.resolve();
        await honest.publish(messages);
        under = false;
      },
    };
  }),
  consumeBug('hands over every topic', TOPICS, (options) => ({ ...options, topics: ['contract-a', 'contract-b'] })),
  consumeBug('looks at the first topic alone', TOPICS, (options) => ({ ...options, topics: options.topics.slice(0, 1) })),
  consumeBug('makes batches as large as it likes', POSITIONS, (options) => ({ ...options, batchMessagesMax: undefined })),
  batchBug('counts positions anew in each batch', POSITIONS, (messages, upTo) => [
    messages.map((message, place) => ({ ...message, position: String(place).padStart(12, '0') })),
    upTo,
  ]),
  consumeBug('says at once that it has caught up', CAUGHT_UP, (options) => {
    queueMicrotask(() => options.onCaughtUp?.());
    return options;
  }),
  consumeBug('never says that it has caught up', CAUGHT_UP, (options) => ({ ...options, onCaughtUp: undefined })),
];
