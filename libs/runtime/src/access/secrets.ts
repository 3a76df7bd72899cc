import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a random secret, in hex. Enough for 32 random bytes; never for a password. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}

/** Whether a secret has this hash; takes the same time wherever they differ. False for a hash that is none. */
export function secretMatches(secret: string, hash: string): boolean {
  const expected = Buffer.from(hash, 'hex');
  const actual = Buffer.from(hashSecret(secret), 'hex');
  return expected.length === actual.length && timingSafeEqual(actual, expected);
}
