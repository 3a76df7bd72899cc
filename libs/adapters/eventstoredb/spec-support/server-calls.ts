import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ServerLog } from './server-log';

/** A read or subscription as the server sees it. */
export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

/** Writes as fast as the connection takes it; false when the call is over. */
export async function write(call: ReadCall, message: ReadResp): Promise<boolean> {
  if (call.cancelled || call.destroyed) return false;
  if (call.write(message)) return true;
  const events = ['drain', 'cancelled', 'close'];
  await new Promise<void>((resolve) => {
    const done = () => {
      for (const name of events) call.removeListener(name, done);
      resolve();
    };
    for (const name of events) call.once(name, done);
  });
  return !call.cancelled;
}

/** Waits for the next change of the log, or the end of the call; a change between two waits is not missed. */
export function changesOf(log: ServerLog, call: ReadCall): () => Promise<void> {
  let hasChanged = false;
  let wake: () => void = () => undefined;
  const change = () => {
    hasChanged = true;
    wake();
  };
  const stop = log.watch(change);
  const end = () => {
    stop();
    change();
  };
  call.once('cancelled', end);
  call.once('close', end);
  return async () => {
    if (!hasChanged) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    hasChanged = false;
  };
}
