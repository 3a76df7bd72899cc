import { Metadata, status } from '@grpc/grpc-js';
import {
  AccessDenied,
  AllStreamPosition,
  Empty,
  StreamIdentifier,
  Timeout,
  UUID,
  WrongExpectedVersion,
} from '@eventstore/db-client/generated/shared_pb';
import { Code } from '@eventstore/db-client/generated/code_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { BatchAppendResp, type ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty as GoogleEmpty } from 'google-protobuf/google/protobuf/empty_pb';
import type { Decision, ServerEvent } from './server-log';

const NO_POSITION = '18446744073709551615';

/** An event as the real server sends it; without positions as servers before 22.6 do for events of a stream. */
export function eventMessage(event: ServerEvent, withPosition = true): ReadResp {
  const position = withPosition ? String(event.position) : NO_POSITION;
  const recorded = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new UUID().setString(event.id))
    .setStreamIdentifier(new StreamIdentifier().setStreamName(Buffer.from(event.streamName, 'utf8')))
    .setStreamRevision(String(event.revision))
    .setCommitPosition(position)
    .setPreparePosition(position)
    .setData(event.data)
    .setCustomMetadata(event.metadata);
  recorded.getMetadataMap().set('type', event.type).set('created', String(event.createdTicks)).set('content-type', event.contentType);
  const message = new ReadResp.ReadEvent().setEvent(recorded);
  if (withPosition) message.setCommitPosition(position);
  else message.setNoPosition(new Empty());
  return new ReadResp().setEvent(message);
}

export function checkpointMessage(position: bigint): ReadResp {
  const checkpoint = new ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(position));
  return new ReadResp().setCheckpoint(checkpoint);
}

export const confirmationMessage = () =>
  new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId('11111111-1111-4111-8111-111111111111'));
export const caughtUpMessage = () => new ReadResp().setCaughtUp(new ReadResp.CaughtUp());

export function notFoundMessage(streamName: string): ReadResp {
  const identifier = new StreamIdentifier().setStreamName(Buffer.from(streamName, 'utf8'));
  return new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(identifier));
}

/** The server's answer to one append of a batch. */
export function appendMessage(decision: Decision): BatchAppendResp {
  if (decision.result === 'success') {
    const success = new BatchAppendResp.Success().setCurrentRevision(String(decision.lastRevision));
    const position = decision.position === undefined ? undefined : String(decision.position);
    if (position === undefined) success.setNoPosition(new GoogleEmpty());
    else success.setPosition(new AllStreamPosition().setCommitPosition(position).setPreparePosition(position));
    return new BatchAppendResp().setSuccess(success);
  }
  const wrong = new WrongExpectedVersion();
  if (decision.current < 0) wrong.setCurrentNoStream(new GoogleEmpty());
  else wrong.setCurrentStreamRevision(String(decision.current));
  return errorMessage(Code.ALREADY_EXISTS, 'WrongExpectedVersion', wrong.serializeBinary(), 'event_store.client.WrongExpectedVersion');
}

/** Refusals that come inside an answer, as the real server words them. */
export const refusals = {
  timeout: () => errorMessage(Code.DEADLINE_EXCEEDED, 'Timeout', new Timeout().serializeBinary(), 'event_store.client.Timeout'),
  accessDenied: () =>
    errorMessage(Code.PERMISSION_DENIED, 'AccessDenied', new AccessDenied().serializeBinary(), 'event_store.client.AccessDenied'),
  notReady: () => errorMessage(Code.OK, 'Server Is Not Ready', new GoogleEmpty().serializeBinary(), 'google.protobuf.Empty'),
};

function errorMessage(code: Code, message: string, details: Uint8Array, typeName: string): BatchAppendResp {
  const any = new Any();
  any.pack(details, typeName);
  return new BatchAppendResp().setError(new Status().setCode(code).setMessage(message).setDetails(any));
}

/** A call that fails as a whole: status, details and trailers as the real server sends them. */
export interface CallFailure {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

export function accessDenied(): CallFailure {
  return failure(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
}

export function unauthenticated(): CallFailure {
  return failure(status.UNAUTHENTICATED, 'Bad HTTP status code: 401', {});
}

export function notLeader(host: string, port: number): CallFailure {
  const trailers = { exception: 'not-leader', 'leader-endpoint-host': host, 'leader-endpoint-port': String(port) };
  return failure(status.NOT_FOUND, 'Leader info available', trailers);
}

export function unavailable(): CallFailure {
  return failure(status.UNAVAILABLE, 'Server Is Not Ready', {});
}

function failure(code: status, details: string, trailers: Record<string, string>): CallFailure {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return { code, details, metadata };
}

/** Whether a stream passes the filter of a request; all do where it has none. */
export function filterOf(options: ReadReq.Options): (streamName: string) => boolean {
  const expression = options.getFilter()?.getStreamIdentifier();
  if (!expression) return () => true;
  const regex = expression.getRegex() === '' ? undefined : new RegExp(expression.getRegex(), 'u');
  const prefixes = expression.getPrefixList();
  return (streamName) => (regex ? regex.test(streamName) : prefixes.some((prefix) => streamName.startsWith(prefix)));
}
