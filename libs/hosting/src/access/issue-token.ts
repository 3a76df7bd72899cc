import { type Causation, isRefusal, type Refusal } from '@regulars/kernel';
import { hashSecret } from '@regulars/runtime';
import type { TokenIssued } from './events';
import { type AccessContext, handleAccess } from './handle-access';
import { formatToken, type TokenText } from './token-text';

/** What a token is to be for. */
export type TokenRequest = Pick<TokenIssued, 'role' | 'stores' | 'terminal' | 'label'>;

/**
 * Issues a token whose id and secret the caller made. Answers its text, which nobody can see again; refusals: `request.invalid`
 * for a till without exactly one store and a terminal, `concurrency.conflict` for an id that is taken.
 */
export async function issueToken(
  context: AccessContext,
  request: TokenRequest,
  text: TokenText,
  at: string,
  causation: Causation,
): Promise<{ readonly tokenId: string; readonly token: string } | Refusal> {
  const { role, stores, terminal, label } = request;
  const token = { tokenId: text.tokenId, role, stores, terminal, label, secretHash: hashSecret(text.secret) };
  const refusal = await handleAccess(context, { type: 'issue', token, at }, causation);
  return isRefusal(refusal) ? refusal : { tokenId: text.tokenId, token: formatToken(text) };
}
