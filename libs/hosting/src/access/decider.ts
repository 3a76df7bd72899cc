import { canonicalJson, type Decider, naturalId, refused, type Refusal } from '@regulars/kernel';
import { type AccessEvent, type TokenIssued, tokenIssuedV1, tokenRevokedV1 } from './events';

/** Issue a token, or take its force away. `at` is when, ISO 8601 in UTC. */
export type AccessCommand =
  | { readonly type: 'issue'; readonly token: TokenIssued; readonly at: string }
  | { readonly type: 'revoke'; readonly tokenId: string; readonly at: string };

/** A token: not there, in force, or revoked. */
export interface AccessState {
  readonly issued?: TokenIssued;
  readonly revoked: boolean;
}

/** A till is one terminal of one store; nobody else has a terminal. */
function shapeRefusal({ role, stores, terminal }: TokenIssued): Refusal | undefined {
  const invalid = (path: string, message: string): Refusal => refused('request.invalid', message, { errors: [{ path, message }] });
  if (role !== 'till') return terminal === null ? undefined : invalid('terminal', 'Only a till has a terminal.');
  if (stores === '*' || stores.length !== 1) return invalid('stores', 'A till belongs to exactly one store.');
  return terminal === null ? invalid('terminal', 'A till needs its terminal.') : undefined;
}

function issue(token: TokenIssued, at: string, state: AccessState): readonly AccessEvent[] | Refusal {
  const misshapen = shapeRefusal(token);
  if (misshapen) return misshapen;
  if (state.issued) {
    if (canonicalJson(state.issued) === canonicalJson(token)) return [];
    return refused('concurrency.conflict', 'Another token has this id.');
  }
  return [{ id: naturalId(tokenIssuedV1.type, token.tokenId), type: tokenIssuedV1.type, occurredAt: at, data: token }];
}

/** Tokens: issued once, revoked for ever; doing the same again changes nothing. */
export const access: Decider<AccessCommand, AccessEvent, AccessState> = {
  initialState: () => ({ revoked: false }),
  evolve: (state, event) => {
    switch (event.type) {
      case 'access.token-issued.v1':
        return { ...state, issued: event.data as TokenIssued };
      case 'access.token-revoked.v1':
        return { ...state, revoked: true };
    }
  },
  decide: (command, state) => {
    if (command.type === 'issue') return issue(command.token, command.at, state);
    if (!state.issued) return refused('access.token-unknown', 'There is no token with this id.');
    if (state.revoked) return [];
    const { tokenId } = command;
    return [{ id: naturalId(tokenRevokedV1.type, tokenId), type: tokenRevokedV1.type, occurredAt: command.at, data: { tokenId } }];
  },
};
