import fc from 'fast-check';
import { sampleMessage } from '../../spec-support/messages';
import { encodeMessage } from '../messages/encode';
import { recordBytes } from '../messages/record';
import { chunksOf } from './chunks';

const sized = (padding: number) => encodeMessage({ ...sampleMessage(1), data: { padding: 'x'.repeat(padding) } }, 'sample.v1');

describe('chunks', () => {
  it('hold all records in their order, within the limits', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000), { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (paddings, recordsMax) => {
        const records = paddings.map(sized);
        const chunks = chunksOf(records, { bytesMax: 3_000, recordsMax });
        expect(chunks.flatMap((chunk) => chunk.records)).toEqual(records);
        for (const chunk of chunks) {
          expect(chunk.records.length).toBeLessThanOrEqual(recordsMax);
          expect(chunk.bytes).toBe(chunk.records.reduce((sum, record) => sum + recordBytes(record), 0));
          expect(chunk.bytes).toBeLessThanOrEqual(3_000);
        }
      }),
    );
  });

  it('refuse a record that is too large alone, and quote nothing of it', () => {
    expect(() => chunksOf([sized(1), sized(5_000)], { bytesMax: 3_000, recordsMax: 10 })).toThrow(
      /^Message 1 for sample\.v1 takes 5\d{3} bytes, at most 3000/,
    );
  });
});
