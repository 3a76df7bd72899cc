import fc from 'fast-check';
import { canonicalJson } from './json';

/** The same value with the members of all objects in another order. */
function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => ({ key, member, at: random() }));
  return Object.fromEntries(members.sort((a, b) => a.at - b.at).map(({ key, member }) => [key, shuffled(member, random)]));
}

describe('canonical JSON', () => {
  it('orders keys by code unit, at every depth, and keeps the order of arrays', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 3], a: { z: null, Z: true }, ä: 1, '10': 0, '9': 0 })).toBe(
      '{"10":0,"9":0,"a":{"Z":true,"z":null},"b":[{"c":2,"d":1},3],"ä":1}',
    );
  });

  it('leaves absent members out, and cannot where there is a place to keep', () => {
    expect(canonicalJson({ a: undefined, b: { c: undefined } })).toBe('{"b":{}}');
    expect(canonicalJson([undefined, 1])).toBe('[null,1]');
    expect(canonicalJson(undefined)).toBe('null');
  });

  it.each(['quote " and \n', 1.5, -0, [], {}, true, null])('writes %j as JSON does', (value) => {
    expect(canonicalJson(value)).toBe(JSON.stringify(value));
  });

  it('is the same whatever the order of keys, and reads back as the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (value, order) => {
        const text = canonicalJson(value);
        expect(canonicalJson(shuffled(value, () => order.next().value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('differs where values differ', () => {
    const texts = [{ a: 1 }, { a: '1' }, { a: null }, {}, [], [1], { a: [1] }, { a: { b: 1 } }, { 'a":1,"b': 1 }, { a: 1, b: 1 }].map(
      canonicalJson,
    );
    expect(new Set(texts).size).toBe(texts.length);
  });
});
