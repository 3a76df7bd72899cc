import { ACCESS_TOKENS_TOPIC, accessTokenChangedV1, type TokenChange } from '@regulars/contracts';
import type { StoredEvent } from '@regulars/kernel';
import type { Message } from '@regulars/ports';
import { tokenIssuedV1, tokenRevokedV1 } from './events';

/** What other services are told of tokens, so that they can check them: never a secret, nor the label, which is for people. */
export function accessPublishes(event: StoredEvent): readonly Message[] {
  if (event.type === tokenIssuedV1.type) {
    const { tokenId, role, stores, terminal, secretHash } = tokenIssuedV1.schema.parse(event.data);
    return [message(event, { tokenId, granted: { role, stores, terminal, secretHash }, revokedAt: null })];
  }
  if (event.type !== tokenRevokedV1.type) return [];
  const { tokenId } = tokenRevokedV1.schema.parse(event.data);
  return [message(event, { tokenId, granted: null, revokedAt: event.occurredAt })];
}

function message({ id, occurredAt, chain, correlationId, traceparent }: StoredEvent, data: TokenChange): Message {
  const { type } = accessTokenChangedV1;
  return { id, type, topic: ACCESS_TOKENS_TOPIC, key: data.tokenId, occurredAt, chain, correlationId, causationId: id, traceparent, data };
}
