import { isRefusal } from '@regulars/kernel';
import { access, type AccessCommand } from './decider';
import type { AccessEvent, TokenIssued } from './events';

const at = '2026-03-01T10:00:00.000Z';
const till: TokenIssued = { tokenId: 't1', role: 'till', stores: ['s1'], terminal: 'k1', label: '', secretHash: 'ab'.repeat(32) };
const issue = (token: TokenIssued): AccessCommand => ({ type: 'issue', token, at });
const revoke: AccessCommand = { type: 'revoke', tokenId: 't1', at };

function given(...commands: readonly AccessCommand[]) {
  let state = access.initialState();
  for (const command of commands) {
    const events = access.decide(command, state);
    if (isRefusal(events)) throw new Error(`given: ${events.code}`);
    state = events.reduce((folded: typeof state, event: AccessEvent) => access.evolve(folded, event), state);
  }
  return {
    when: (command: AccessCommand) => {
      const decided = access.decide(command, state);
      return isRefusal(decided) ? decided.code : decided.map(({ type, data, occurredAt }) => ({ type, data, occurredAt }));
    },
  };
}

describe('tokens', () => {
  it('are issued', () => {
    expect(given().when(issue(till))).toEqual([{ type: 'access.token-issued.v1', data: till, occurredAt: at }]);
  });

  it('are issued once: the same again changes nothing, other facts are refused', () => {
    expect(given(issue(till)).when(issue({ ...till }))).toEqual([]);
    expect(given(issue(till)).when(issue({ ...till, terminal: 'k2' }))).toBe('concurrency.conflict');
  });

  it('are revoked, once and for ever', () => {
    expect(given(issue(till)).when(revoke)).toEqual([{ type: 'access.token-revoked.v1', data: { tokenId: 't1' }, occurredAt: at }]);
    expect(given(issue(till), revoke).when(revoke)).toEqual([]);
    expect(given(issue(till), revoke).when(issue(till))).toEqual([]);
  });

  it('cannot be revoked before they are issued', () => {
    expect(given().when(revoke)).toBe('access.token-unknown');
  });

  it.each([
    ['a till without a terminal', { ...till, terminal: null }],
    ['a till of two stores', { ...till, stores: ['s1', 's2'] }],
    ['a till of every store', { ...till, stores: '*' as const }],
    ['staff with a terminal', { ...till, role: 'staff' as const }],
  ])('are refused for %s', (_, token) => {
    expect(given().when(issue(token))).toBe('request.invalid');
  });

  it('give the same event ids whenever the same is decided', () => {
    const ids = () => {
      const decided = access.decide(issue(till), access.initialState());
      return isRefusal(decided) ? [] : decided.map((event) => event.id);
    };
    expect(ids()).toEqual(ids());
    expect(ids()[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
  });
});
