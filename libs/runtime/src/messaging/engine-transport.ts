import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { type Following, followMessages, type FollowMessagesOptions } from '@regulars/engine';
import type { DeliveredMessage } from '@regulars/ports';
import { isObservable, lastValueFrom } from 'rxjs';
import { isLasting } from './lasting-errors';
import { MessageContext } from './message-context';
import type { MessageContracts } from './message-contracts';

/** What the transport takes: everything about following, but what Nest decides. */
export type EngineTransportOptions = Omit<FollowMessagesOptions, 'handle' | 'refuse' | 'isPoison'> & {
  readonly contracts: MessageContracts;
};

/**
 * Nest's transport over the engine: `@EventPattern('<message type>')` methods get the data of messages of that type, read by their
 * contract, and `@Ctx()` the rest as `MessageContext`. Order, attempts, parking and commits are the engine's. A type that some service publishes and this
 * one has no method for is passed over; one that nobody declares is parked.
 */
export class EngineTransport extends Server implements CustomTransportStrategy {
  private started: Following | undefined;

  constructor(private readonly options: EngineTransportOptions) {
    super();
    this.setTransportId(Symbol(`regulars.messages.${options.group}`));
  }

  /** What it follows; throws before `listen`. */
  get following(): Following {
    if (!this.started) throw new Error('The transport is not listening yet');
    return this.started;
  }

  /** Called by Nest when all methods are known. */
  listen(callback: (error?: unknown) => void): void {
    const asking = [...this.messageHandlers].find(([, { isEventHandler }]) => !isEventHandler);
    if (asking) {
      callback(new TypeError(`"${asking[0]}" is a @MessagePattern: nothing answers over the bus, use @EventPattern`));
      return;
    }
    this.started = followMessages({
      ...this.options,
      handle: (message) => this.handle(message),
      refuse: (message) => this.refuse(message),
      isPoison: isLasting,
    });
    callback();
  }

  /** Called by Nest when the application closes; see `Following.close`. */
  async close(): Promise<void> {
    await this.started?.close();
  }

  /** There are no events of a server here. */
  on(): never {
    throw new TypeError('The transport has no events; see Following.status');
  }

  unwrap<T>(): T {
    return this.following as T;
  }

  private refuse(message: DeliveredMessage): string | undefined {
    const { contracts } = this.options;
    if (!this.handlerOf(message)) return contracts.knows(message.type) ? undefined : `no service declares the type ${message.type}`;
    const checked = contracts.check(message);
    return checked.ok ? undefined : checked.reason;
  }

  private async handle(message: DeliveredMessage): Promise<void> {
    const handler = this.handlerOf(message);
    const checked = this.options.contracts.check(message);
    if (!handler || !checked.ok) return;
    // A promise of a result, or of an observable that may still end in an error.
    const result: unknown = await handler(checked.data, new MessageContext(message));
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  }

  private handlerOf({ type }: DeliveredMessage): MessageHandler | undefined {
    return this.messageHandlers.get(type);
  }
}
