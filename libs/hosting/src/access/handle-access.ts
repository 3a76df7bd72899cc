import { type Causation, isRefusal, type Refusal } from '@regulars/kernel';
import type { EventStore } from '@regulars/ports';
import { access, type AccessCommand } from './decider';
import { type AccessEvent, accessStream } from './events';
import type { TokenRegistry } from './token-registry';

/** What the use cases of tokens need. */
export interface AccessContext {
  readonly events: EventStore;
  readonly registry: TokenRegistry;
  readonly chain: string;
}

const ATTEMPTS_MAX = 3;

/**
 * Load, decide, append; again when somebody else was faster. Resolves when the registry knows what happened: undefined, or the
 * refusal. Throws `StoreUnavailable` when the store cannot take it.
 */
export async function handleAccess(context: AccessContext, command: AccessCommand, causation: Causation): Promise<Refusal | undefined> {
  const id = command.type === 'issue' ? command.token.tokenId : command.tokenId;
  const streamId = accessStream(id);
  for (let attempt = 1; ; attempt++) {
    const stored = await context.events.readStream(streamId);
    const state = stored.reduce((folded, event) => access.evolve(folded, event as unknown as AccessEvent), access.initialState());
    const decided = access.decide(command, state);
    if (isRefusal(decided)) return decided;
    const [event] = decided;
    if (!event) return undefined;
    const outcome = await context.events.append({
      streamId,
      expected: stored.at(-1)?.revision ?? 'no-stream',
      events: [{ ...event, ...causation, chain: context.chain }],
    });
    if (outcome.outcome === 'appended') {
      await context.registry.learn({ ...event, position: outcome.position });
      return undefined;
    }
    if (attempt === ATTEMPTS_MAX) {
      return { refused: true, code: 'concurrency.conflict', detail: 'The token was changed at the same time.' };
    }
  }
}
