import { BaseRpcContext } from '@nestjs/microservices';
import type { Causation } from '@regulars/kernel';
import type { DeliveredMessage } from '@regulars/ports';

/** What a handler may know of its message beside the data: `@Ctx() context: MessageContext`. */
export class MessageContext extends BaseRpcContext<[DeliveredMessage]> {
  constructor(message: DeliveredMessage) {
    super([message]);
  }

  /** The message as it was delivered: id, type, key, source and position, chain and store, when it happened. */
  get message(): DeliveredMessage {
    return this.getArgByIndex(0);
  }

  /** For the events that follow from this message. */
  get causation(): Causation {
    const { id, correlationId, traceparent } = this.message;
    return { correlationId, causationId: id, traceparent };
  }
}
