import type { BaseOptions, EventStoreDBClient } from '@eventstore/db-client';
import type { CallOptions, Channel, ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';

/**
 * What the client of version 6.2.1 declares as protected. Used for batch appends alone: its own way to send them
 * keeps one table of open requests for the whole process, which it empties when any connection breaks, and then
 * throws out of a listener (which ends the process) when the answer to one of the others arrives.
 */
interface ClientInternals {
  GRPCStreamCreator<T>(Client: typeof StreamsClient, name: string, creator: (client: StreamsClient) => T): () => Promise<T>;
  callArguments(options: BaseOptions, callOptions?: CallOptions): [Metadata, CallOptions];
  getChannel(): Promise<Channel>;
}

/** Requests to append one way, the server's answers the other. */
export type AppendCall = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

/** Opens a call for appends over the client's connection; the client finds the leader and reconnects as for its own calls. */
export function openAppendCall(client: EventStoreDBClient): Promise<AppendCall> {
  const internals = client as unknown as ClientInternals;
  const open = internals.GRPCStreamCreator(StreamsClient, 'batchAppend', (streams) =>
    streams.batchAppend(...internals.callArguments({ requiresLeader: true }, { deadline: Infinity })),
  );
  return open();
}

/** How long `closeClient` waits for a client that is still looking for its server, in milliseconds. */
const CLOSE_PATIENCE_MS = 1_000;

/** Ends the client's calls and closes its connection, which `dispose` leaves open. */
export async function closeClient(client: EventStoreDBClient): Promise<void> {
  const close = async () => {
    await client.dispose();
    (await (client as unknown as ClientInternals).getChannel()).close();
  };
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_PATIENCE_MS);
  });
  await Promise.race([close().catch(() => undefined), patience]);
  clearTimeout(timer);
}
