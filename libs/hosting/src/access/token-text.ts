import { randomBytes } from 'node:crypto';

/** A token's text taken apart. */
export interface TokenText {
  readonly tokenId: string;
  /** 32 random bytes in base64url: 43 characters. */
  readonly secret: string;
}

/** A new random token id, and a new random secret. Made at the edge; the domain is handed them. */
export function newTokenText(prefix = ''): TokenText {
  return { tokenId: `${prefix}${randomBytes(9).toString('hex')}`, secret: randomBytes(32).toString('base64url') };
}

/** `rgl_<tokenId>_<secret>`, as its holder keeps it. */
export function formatToken({ tokenId, secret }: TokenText): string {
  return `rgl_${tokenId}_${secret}`;
}

/** Takes a token apart; undefined for text that is none. */
export function parseToken(text: string): TokenText | undefined {
  const match = /^rgl_([a-z0-9-]{1,64})_([A-Za-z0-9_-]{43})$/.exec(text);
  return match ? { tokenId: match[1] as string, secret: match[2] as string } : undefined;
}
