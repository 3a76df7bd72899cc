import { z } from 'zod';
import { integrationEvent } from '../integration-event';

/** Topic of all tokens, without their secrets; keyed by token id. Kept for ever: whoever checks tokens reads it from its beginning. */
export const ACCESS_TOKENS_TOPIC = 'access.tokens.v1';

const tokenChange = z.object({
  tokenId: z.string(),
  granted: z
    .object({
      role: z.string().describe('till, staff, manager, operations, sre or administrator; a token of any other role is good for nothing'),
      stores: z.union([z.literal('*'), z.array(z.string())]).describe('Stores it covers, or * for all'),
      terminal: z.string().nullable().describe("A till's terminal in its one store"),
      secretHash: z.string().describe('SHA-256 of its secret, in hex: of 32 random bytes, so that the secret cannot be found from it'),
    })
    .nullable()
    .describe('What it is for; null where it only lost its force'),
  revokedAt: z.string().nullable().describe('When it lost its force, for ever; null while it is in force'),
});

/** What other services know of a change of a token. */
export type TokenChange = z.infer<typeof tokenChange>;

export const accessTokenChangedV1 = integrationEvent({
  type: 'access.token-changed.v1',
  topic: ACCESS_TOKENS_TOPIC,
  summary: 'A token was issued or revoked.',
  schema: tokenChange,
});
