import type { StoredEvent } from '@regulars/kernel';
import type { LogMessage, Publisher } from '@regulars/ports';

/** So many messages may follow from one event: the bus has room for three digits. */
const MESSAGES_OF_EVENT_MAX = 1_000;

/**
 * The messages that follow from events, in the order of the log. Throws TypeError on a message for a topic that is not among `topics`, and
 * RangeError on an event with too many messages.
 */
export function logMessages(events: readonly StoredEvent[], publishers: readonly Publisher[], topics: readonly string[]): LogMessage[] {
  return events.flatMap((event) => {
    const messages = publishers.flatMap((publish) => publish(event));
    if (messages.length > MESSAGES_OF_EVENT_MAX)
      throw new RangeError(`More than ${MESSAGES_OF_EVENT_MAX} messages follow from event ${event.id}`);
    const stray = messages.find(({ topic }) => !topics.includes(topic));
    if (stray) throw new TypeError(`A message of event ${event.id} is for topic "${stray.topic}", which this relay does not write to`);
    return messages.map((message, ordinal) => ({ ...message, logPosition: event.position, ordinal }));
  });
}
