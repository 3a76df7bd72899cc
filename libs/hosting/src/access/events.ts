import type { NewEvent } from '@regulars/kernel';
import { z } from 'zod';

/** What a token may be issued for; the same names as the edge checks on every request. */
export const tokenRoles = ['till', 'staff', 'manager', 'operations', 'sre', 'administrator'] as const;

/** Ids of tokens: part of their text, so lower-case letters, digits and hyphens only. */
export const tokenId = z.string().regex(/^[a-z0-9-]{1,64}$/);

const storeScope = z.union([z.literal('*'), z.array(z.string().min(1).max(64)).min(1).max(1_000)]);

/** A token came into being. Its secret is known to its holder only; here is its SHA-256. */
export const tokenIssuedV1 = {
  type: 'access.token-issued.v1',
  schema: z.object({
    tokenId,
    role: z.enum(tokenRoles),
    stores: storeScope.describe('Stores it covers, or * for all'),
    terminal: z.string().nullable().describe("A till's terminal in its one store"),
    label: z.string().describe('For people; no secret, no personal data'),
    secretHash: z.string().regex(/^[0-9a-f]{64}$/),
  }),
} as const;

/** A token lost its force, for ever. */
export const tokenRevokedV1 = {
  type: 'access.token-revoked.v1',
  schema: z.object({ tokenId }),
} as const;

export type TokenIssued = z.infer<typeof tokenIssuedV1.schema>;
export type TokenRevoked = z.infer<typeof tokenRevokedV1.schema>;

/** All that can happen to a token. */
export type AccessEvent = NewEvent<typeof tokenIssuedV1.type, TokenIssued> | NewEvent<typeof tokenRevokedV1.type, TokenRevoked>;

/** Every event of a token's stream. */
export const accessStream = (id: string): string => `access-${id}`;
