import { CodedError } from './error-codes';
import { isRefusal, refused } from './refusal';

describe('a refusal', () => {
  it('carries its code, what it means here, and facts where there are any', () => {
    expect(refused('return.exceeds', 'too much', { line: 1 })).toEqual({
      refused: true,
      code: 'return.exceeds',
      detail: 'too much',
      facts: { line: 1 },
    });
    expect(refused('return.exceeds', 'too much')).not.toHaveProperty('facts');
  });

  it('is told from every other result', () => {
    expect(isRefusal(refused('return.exceeds', 'too much'))).toBe(true);
    for (const other of [
      undefined,
      null,
      [],
      {},
      'refused',
      { refused: false },
      { refused: 'true' },
      new CodedError('return.exceeds', ''),
    ]) {
      expect(isRefusal(other)).toBe(false);
    }
  });
});
