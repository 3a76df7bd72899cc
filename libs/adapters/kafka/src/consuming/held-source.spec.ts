import { logMessage, logPosition, sampleMessage } from '../../spec-support/messages';
import { encodeLogMessage, encodeMessage, encodeWatermark } from '../messages/encode';
import { parsePosition } from '../messages/position';
import type { OutgoingRecord } from '../messages/record';
import { HeldSource } from './held-source';

const reader = { topic: 'sample.v1', chain: 'demo', plain: false, validate: () => undefined };
const relayed = (number: number, epoch = 1): OutgoingRecord => encodeLogMessage(logMessage(number), 'sample.v1', epoch);
const watermark = (number: number, epoch = 1): OutgoingRecord =>
  encodeWatermark({ logPosition: logPosition(number), observedAt: '2026-03-01T10:00:00.000Z' }, 'sample.v1', 0, epoch);

/** A source with these records, from offset 0 on. */
function holding(...records: OutgoingRecord[]): HeldSource {
  const source = new HeldSource({ topic: 'sample.v1', partition: 0 }, reader, 10_000);
  source.begin(0, {}, records.length);
  const read = records.map(({ key, value, headers }, index) => ({ key, value, headers, offset: String(index), timestamp: '0' }));
  source.take(read, records.length, records.length);
  return source;
}

function idsOf(source: HeldSource): string[] {
  const ids: string[] = [];
  while (source.hasRecords) ids.push(...source.cut(100).messages.map(({ id }) => id));
  return ids;
}

describe('a source', () => {
  it('hands over at most so many messages and none behind a watermark', () => {
    const source = holding(relayed(1), relayed(2), relayed(3), watermark(3), relayed(4));
    const cuts = [source.cut(2), source.cut(2), source.cut(2)];
    expect(cuts.map(({ messages, watermark: told }) => [messages.length, told?.logPosition])).toEqual([
      [2, undefined],
      [1, logPosition(3)],
      [1, undefined],
    ]);
    expect(source.drained).toBe(true);
  });

  it('leaves out what a relay repeats, and watermarks that go back', () => {
    const source = holding(relayed(1), relayed(2), watermark(2), relayed(1), watermark(1), relayed(2), watermark(2), relayed(3));
    expect(idsOf(source)).toEqual(['m-1', 'm-2', 'm-3']);
  });

  it('leaves out what an overtaken owner says, and nothing of its successor after that', () => {
    const source = holding(relayed(1, 1), watermark(1, 2), relayed(9, 1), relayed(2, 2), watermark(9, 1), relayed(3, 2));
    expect(idsOf(source)).toEqual(['m-1', 'm-2', 'm-3']);
  });

  it('knows all of it in its positions', () => {
    const first = holding(relayed(1, 1), relayed(2, 2));
    const { offset, ...passed } = parsePosition(first.cut(10).upTo);
    expect(offset).toBe(1);
    const second = holding(relayed(1, 2), relayed(7, 1), relayed(3, 2));
    second.begin(0, passed, 3);
    expect(idsOf(second)).toEqual(['m-3']);
  });

  it('takes every message that no relay wrote', () => {
    const message = encodeMessage(sampleMessage(1), 'sample.v1');
    expect(idsOf(holding(relayed(5), message, relayed(5), message))).toEqual(['m-5', 'm-1', 'm-1']);
  });

  it('hands over nothing any more once it is lost, and keeps nobody waiting for room', async () => {
    const source = holding(...Array.from({ length: 40 }, (_, number) => relayed(number)));
    expect(source.full).toBe(true);
    const room = source.room();
    source.lose();
    await room;
    expect(source.hasRecords).toBe(false);
  });

  it('has room again as soon as half of it has been handed over', async () => {
    const source = holding(...Array.from({ length: 40 }, (_, number) => relayed(number)));
    let hasRoom = false;
    const room = source.room().then(() => (hasRoom = true));
    source.cut(1);
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    source.cut(30);
    await room;
    expect(source.full).toBe(false);
  });
});
