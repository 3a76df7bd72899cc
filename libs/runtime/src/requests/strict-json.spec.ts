import { CodedError } from '@regulars/kernel';
import fc from 'fast-check';
import { parseStrictJson } from './strict-json';

const hostile = new Set(['__proto__', 'constructor', 'prototype']);
const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** What the strict parser says: the value, or the code of its refusal. Any other error fails the spec. */
function strict(input: Uint8Array): { value: unknown } | { code: string } {
  try {
    return { value: parseStrictJson(input, 32) };
  } catch (error) {
    if (error instanceof CodedError) return { code: error.code };
    throw error;
  }
}

describe('strict JSON', () => {
  const plainKey = fc.string().filter((key) => !hostile.has(key));
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '\\"', '{"a":', '}],'),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(true, false, null),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(plainKey, tie('value'), { maxKeys: 5 }),
    ),
  })).value;

  it('reads every value as the usual parser does, in whatever layout', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, '\t'), (given, indent) => {
        const text = JSON.stringify(given, null, indent);
        expect(strict(bytes(text))).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  it('takes no text that the usual parser refuses, and fails in no other way', () => {
    const jsonLike = fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a', '1', ' ', 'null', '"k":'), { maxLength: 30 });
    fc.assert(
      fc.property(jsonLike, (parts) => {
        const text = parts.join('');
        const result = strict(bytes(text));
        if ('value' in result) expect(result.value).toEqual(JSON.parse(text));
        else expect(result.code).toBe('request.malformed');
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds a key that comes twice wherever it is', () => {
    fc.assert(
      fc.property(value, plainKey, fc.nat(4), (given, key, depth) => {
        const name = JSON.stringify(key);
        let text = `{${name}:${JSON.stringify(given)}, ${name} :1}`;
        for (let level = 0; level < depth; level++) text = level % 2 ? `[0,${text}]` : `{"other":${text}}`;
        expect(strict(bytes(text))).toEqual({ code: 'request.malformed' });
      }),
    );
  });

  it('refuses bytes that are no UTF-8, whatever is around them', () => {
    fc.assert(
      fc.property(fc.constantFrom([0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]), (wrong) => {
        const input = Buffer.concat([bytes('{"a":"'), Buffer.from(wrong), bytes('"}')]);
        expect(strict(input)).toEqual({ code: 'request.malformed' });
      }),
    );
  });

  it('looks at no more of deep nesting than it must', () => {
    expect(strict(bytes('[{"a":'.repeat(1_000_000)))).toEqual({ code: 'request.malformed' });
  });
});
