import fc from 'fast-check';
import { StreamNames } from './stream-names';

const ids = fc.oneof(
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc.stringMatching(/^[$~a]{1,4}$/),
  fc.constantFrom('$all', '$$s', '~', '~~$', '__proto__'),
);

describe('The name of a stream on the server', () => {
  it.each(['', 'chain-1.', '~'])('is another for every id, never one of the server’s own, and leads back (prefix "%s")', (prefix) => {
    const names = new StreamNames(prefix);
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        const name = names.toName(one);
        expect(name.startsWith('$')).toBe(false);
        expect(names.isOurs(name)).toBe(true);
        expect(names.toStreamId(name)).toBe(one);
        expect(names.toName(other) === name).toBe(other === one);
      }),
    );
  });

  it('is the id itself where nothing speaks against it', () => {
    expect(new StreamNames('').toName('purchase-17')).toBe('purchase-17');
    expect(new StreamNames('').filter).toEqual({ regex: '^[^$]' });
    expect(new StreamNames('a.').filter).toEqual({ prefixes: ['a.'] });
  });
});
