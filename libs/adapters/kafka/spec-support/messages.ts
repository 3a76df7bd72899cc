import type { LogMessage, Message } from '@regulars/ports';

/** A message whose data hold its number, for the topic `sample.v1` unless told. */
export function sampleMessage(number: number, key = `key-${number % 7}`, topic = 'sample.v1'): Message {
  return {
    id: `m-${number}`,
    type: 'sample.happened.v1',
    topic,
    key,
    occurredAt: '2026-03-01T10:00:00.000Z',
    chain: 'demo',
    correlationId: `c-${number}`,
    data: { number },
  };
}

/** Messages numbered from `first` on. */
export function sampleMessages(first: number, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => sampleMessage(first + index));
}

/** A relay's message: its log position is its number. */
export function logMessage(number: number, key?: string): LogMessage {
  return { ...sampleMessage(number, key), logPosition: logPosition(number), ordinal: 0 };
}

/** A padded log position. */
export function logPosition(number: number): string {
  return String(number).padStart(12, '0');
}

/** Fails where a key's numbers, repeats left out, do not rise; answers how many messages there were, repeats left out. */
export function assertOrderPerKey(messages: readonly Message[]): number {
  const highest = new Map<string, number>();
  const seen = new Set<string>();
  for (const { id, key, data } of messages) {
    if (seen.has(id)) continue;
    seen.add(id);
    const before = highest.get(key) ?? -1;
    if (Number(data.number) < before) throw new Error(`${key}: ${String(data.number)} after ${before}`);
    highest.set(key, Number(data.number));
  }
  return seen.size;
}

/** Looks again and again until it holds; fails after so many milliseconds. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, patienceMs = 20_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
