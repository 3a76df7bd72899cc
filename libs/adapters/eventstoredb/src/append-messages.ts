import { AccessDeniedError, StreamDeletedError } from '@eventstore/db-client';
import { Empty, StreamIdentifier, UUID, WrongExpectedVersion } from '@eventstore/db-client/generated/shared_pb';
import type { Status } from '@eventstore/db-client/generated/status_pb';
import { BatchAppendReq, type BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import type { ExpectedRevision } from '@regulars/ports';
import type { EncodedEvent } from './event-codec';
import { NotNow } from './failures';
import type { LogPosition } from './positions';

/** An append as it is sent. */
export interface EncodedAppend {
  /** Name of the stream on the server. */
  readonly streamName: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EncodedEvent[];
  /** What the server counts of its size limit. */
  readonly bytes: number;
}

/** What the server said to an append. It says success to a repeat as well. */
export type AppendAnswer =
  | { readonly outcome: 'success'; readonly revision: number; readonly position: LogPosition | undefined }
  | { readonly outcome: 'conflict'; readonly actual: ExpectedRevision };

/**
 * The message for one append, whole. No deadline is stated: the server would compare it with its own clock; its
 * write timeout holds, and ours.
 */
export function toRequest({ streamName, expected, events }: EncodedAppend, requestId: string): BatchAppendReq {
  const options = new BatchAppendReq.Options().setStreamIdentifier(
    new StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(streamName, 'utf8'))),
  );
  if (expected === 'no-stream') options.setNoStream(new Empty());
  else options.setStreamPosition(String(expected));
  const request = new BatchAppendReq().setCorrelationId(new UUID().setString(requestId)).setOptions(options).setIsFinal(true);
  for (const { serverId, type, data, metadata } of events) {
    const message = new BatchAppendReq.ProposedMessage().setId(new UUID().setString(serverId)).setData(data).setCustomMetadata(metadata);
    message.getMetadataMap().set('type', type).set('content-type', 'application/json');
    request.addProposedMessages(message);
  }
  return request;
}

/** What the server answered. Throws `NotNow` and the client's errors for anything but success and conflict. */
export function fromResponse(response: BatchAppendResp, streamName: string): AppendAnswer {
  const success = response.getSuccess();
  if (success) {
    const position = success.getPosition();
    return {
      outcome: 'success',
      revision: Number(success.getCurrentRevision()),
      position: position && { commit: BigInt(position.getCommitPosition()), prepare: BigInt(position.getPreparePosition()) },
    };
  }
  const error = response.getError();
  if (!error) throw new NotNow('The event store answered an append with nothing');
  return fromStatus(error, streamName);
}

function fromStatus(error: Status, streamName: string): AppendAnswer {
  const details = error.getDetails();
  switch (details?.getTypeName()) {
    case 'event_store.client.WrongExpectedVersion': {
      const wrong = WrongExpectedVersion.deserializeBinary(details.getValue_asU8());
      return { outcome: 'conflict', actual: wrong.hasCurrentStreamRevision() ? Number(wrong.getCurrentStreamRevision()) : 'no-stream' };
    }
    case 'event_store.client.AccessDenied':
      throw new AccessDeniedError(undefined, `no permission to append to stream "${streamName}"`);
    case 'event_store.client.StreamDeleted':
      throw StreamDeletedError.fromStreamName(streamName);
    case 'event_store.client.MaximumAppendSizeExceeded':
      throw new RangeError('The event store takes smaller appends than appendBytesMax says: set it to its MaxAppendSize');
    case 'event_store.client.BadRequest':
      throw new Error(`The event store refuses the append: ${error.getMessage()}`);
    default:
      // Timeouts, a server that is starting, busy or without a leader, and what it does not explain itself.
      throw new NotNow(`The event store did not append: ${error.getMessage() || 'no reason given'}`);
  }
}
