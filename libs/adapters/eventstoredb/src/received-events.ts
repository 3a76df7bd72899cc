import type { AllStreamResolvedEvent, AllStreamSubscription, ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import { NoAnswer } from './failures';

/** A read of the client, or its subscription. */
type Stream = StreamingRead<ResolvedEvent> | StreamingRead<AllStreamResolvedEvent> | AllStreamSubscription;

/**
 * The messages of a read or subscription, one by one and no faster than they are taken. With `silenceMsMax`, `NoAnswer`
 * is thrown when it is silent for longer while it is waited for. However the loop over it ends, the call ends too.
 */
export async function* received<Message>(stream: Stream, what: string, silenceMsMax?: number): AsyncGenerator<Message> {
  // The client goes on to report errors on streams that nobody reads any more; without a listener they end the process.
  stream.on('error', () => undefined);
  let isWaiting = true;
  const watchdog =
    silenceMsMax === undefined
      ? undefined
      : setTimeout(() => {
          if (isWaiting) stream.destroy(new NoAnswer(what, silenceMsMax));
        }, silenceMsMax);
  try {
    for await (const message of stream.iterator({ destroyOnReturn: false })) {
      isWaiting = false;
      yield message as Message;
      isWaiting = true;
      watchdog?.refresh();
    }
  } finally {
    clearTimeout(watchdog);
    endCall(stream);
  }
}

/**
 * Ends a call. What has arrived is let through: the client keeps a call in its books, buffers included, until all of
 * it has been read.
 */
export function endCall(stream: Stream): void {
  stream.on('error', () => undefined);
  const ended = 'cancel' in stream ? stream.cancel() : stream.unsubscribe();
  ended.catch(() => undefined);
  stream.resume();
}
