import fc from 'fast-check';
import { parseLine } from './parse-line';

const parse = (text: string | Buffer) => parseLine(Buffer.isBuffer(text) ? text : Buffer.from(text, 'utf8'));
const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
const inArrays = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('a line that is valid JSON', () => {
  it.each([
    ['plain', '{"receipt":"7","lines":[{"sku":"BREAD"}]}'],
    ['spaced out', ' { "a" : 1 ,\t"b" : { "a" : [ ] } } '],
    ['with a carriage return', '{"a":1}\r'],
    ['with text that looks like a key', '{"a":"\\":","b":"x\\":1,\\"b\\":2"}'],
    ['with a backslash before the end of a key', '{"a\\\\":1,"b":2}'],
    ['with the same key in other objects', '{"a":{"a":[{"a":1},{"a":2}]}}'],
    ['with hostile names as mere text', '{"a":"__proto__","b":"constructor and prototype"}'],
    ['with escaped letters', '{"\\u00e4":"\\u4e2d\\u6587"}'],
    ['as deep as is allowed', nested(32)],
    ['as deep as is allowed, in arrays', inArrays(32)],
    ['that is no object', '"text"'],
  ])('%s is taken as it is', (_what, text) => {
    const item = parse(text);
    expect(item.malformed).toBeUndefined();
    expect(item.value).toEqual(JSON.parse(text));
    expect(item.raw()).toBe(text);
  });

  it('is read as what it was written from, whatever that is', () => {
    const withoutHostileKeys = (_key: string, value: unknown): unknown => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(Object.entries(value).filter(([key]) => !['__proto__', 'constructor', 'prototype'].includes(key)));
    };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), fc.constantFrom(undefined, 1), (object, indent) => {
        const text = JSON.stringify(object, withoutHostileKeys, indent);
        const item = parse(text);
        expect(item.malformed).toBeUndefined();
        expect(JSON.stringify(item.value)).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a line that is refused', () => {
  it.each([
    ['a key twice', '{"a":1,"a":2}', 'same key twice'],
    ['a key twice, deep inside', '{"x":[{"y":{"a":1,"b":2,"a":1}}]}', 'same key twice'],
    ['a key twice, hidden by spaces', '{"a" :1,"a"\t:2}', 'same key twice'],
    ['a key twice, once with escapes', '{"a":1,"\\u0061":2}', 'same key twice'],
    ['a key twice, among text that looks like keys', '{"a":"\\":","a":"\\":"}', 'same key twice'],
    ['__proto__', '{"__proto__":{"admin":true}}', 'not allowed: __proto__'],
    ['__proto__ with escapes', '{"\\u005f_proto__":{"admin":true}}', 'not allowed: __proto__'],
    ['constructor', '{"a":{"constructor":{}}}', 'not allowed: constructor'],
    ['prototype', '{"a":{"prototype":{}}}', 'not allowed: prototype'],
    ['a level too many', nested(33), 'deeper than 32'],
    ['a level too many, in arrays', inArrays(33), 'deeper than 32'],
    ['a hundred thousand levels', inArrays(100_000), 'deeper than 32'],
    ['half an object', '{"a":', 'not valid JSON'],
    ['two objects', '{}{}', 'not valid JSON'],
    ['no JSON at all', 'receipt 7', 'not valid JSON'],
    ['NaN', '{"a":NaN}', 'not valid JSON'],
    ['bad UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0x22, 0x7d]), 'not valid UTF-8'],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'not valid UTF-8'],
  ])('for %s, with the reason and its text', (_what, line, reason) => {
    const item = parse(line);
    expect(item.malformed).toContain(reason);
    expect(item.value).toBeUndefined();
    expect(item.raw()).toBe(line.toString());
  });

  it('never has its content in the reason', () => {
    expect(parse('{"customer":"Erika Mustermann",').malformed).not.toContain('Erika');
  });

  it('for a key twice, wherever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.jsonValue({ maxDepth: 3 }),
        fc.jsonValue({ maxDepth: 3 }),
        fc.nat(5),
        (key, a, b, depth) => {
          const name = JSON.stringify(key);
          const twice = `{${name}:${JSON.stringify(a)},${name}:${JSON.stringify(b)}}`;
          expect(parse(`${'{"in":['.repeat(depth)}${twice}${']}'.repeat(depth)}`).malformed).toBeDefined();
        },
      ),
    );
  });
});
