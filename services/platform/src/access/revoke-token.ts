import type { Causation, Refusal } from '@regulars/kernel';
import { type AccessContext, handleAccess } from './handle-access';

/** Takes a token's force away for ever; again changes nothing. Refusal: `access.token-unknown`. */
export function revokeToken(context: AccessContext, tokenId: string, at: string, causation: Causation): Promise<Refusal | undefined> {
  return handleAccess(context, { type: 'revoke', tokenId, at }, causation);
}
