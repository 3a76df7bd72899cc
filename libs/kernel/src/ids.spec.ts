import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { naturalId } from './ids';

/** UUIDv5 by the letter of RFC 9562 §5.5, byte by byte. */
function uuidV5(namespace: string, name: string): string {
  const digest = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
const namespace = uuidV5(DNS, 'regulars.invalid');

it('the reference agrees with the example of RFC 9562, appendix A.4', () => {
  expect(uuidV5(DNS, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
});

describe('the id of a fact', () => {
  it('is the UUIDv5 of its kind and natural key', () => {
    const key = fc.string({ unit: 'grapheme' }).map((part) => part.replaceAll('\u001f', ''));
    fc.assert(
      fc.property(key, fc.array(key, { minLength: 1 }), (kind, parts) => {
        expect(naturalId(kind, ...parts)).toBe(uuidV5(namespace, [kind, ...parts].join('\u001f')));
      }),
    );
  });

  it('stays what it is for ever', () => {
    expect(naturalId('purchase', 'demo', 's1', 't1', '1')).toBe('06facef6-f5df-54c7-b041-86dc46d8df45');
  });

  it('differs by kind, by part, and by where parts are divided', () => {
    const ids = [
      naturalId('purchase', 'a', 'b'),
      naturalId('returned', 'a', 'b'),
      naturalId('purchase', 'ab'),
      naturalId('purchase', 'b', 'a'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
