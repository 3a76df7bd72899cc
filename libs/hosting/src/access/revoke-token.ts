import { type Causation, refused, type Refusal } from '@regulars/kernel';
import { tokenId as tokenIdSchema } from './events';
import { type AccessContext, handleAccess } from './handle-access';

/** Takes a token's force away for ever; again changes nothing. Refusal: `access.token-unknown`. */
export async function revokeToken(context: AccessContext, tokenId: string, at: string, causation: Causation): Promise<Refusal | undefined> {
  if (!tokenIdSchema.safeParse(tokenId).success) return refused('access.token-unknown', 'No token has such an id.');
  return handleAccess(context, { type: 'revoke', tokenId, at }, causation);
}
