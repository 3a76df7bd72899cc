import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { UUID } from '@eventstore/db-client/generated/shared_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { type BatchAppendReq, type BatchAppendResp, ReadReq } from '@eventstore/db-client/generated/streams_pb';
import { Server, ServerCredentials, type ServerDuplexStream, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { changesOf, type ReadCall, write } from './server-calls';
import { type ServerEvent, ServerLog } from './server-log';
import {
  appendMessage,
  type CallFailure,
  caughtUpMessage,
  checkpointMessage,
  confirmationMessage,
  eventMessage,
  filterOf,
  notFoundMessage,
} from './server-messages';

type AppendCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

/** What goes wrong on purpose; all may be changed while the server runs. */
export interface Faults {
  /** Fails every call with this. */
  failure?: CallFailure | undefined;
  /** Asked for each append: 'drop' commits it and ends the call without an answer, 'silence' commits it and never answers, a message answers that instead. */
  onAppend?: ((number: number) => 'drop' | 'silence' | { commit: boolean; answer: BatchAppendResp } | undefined) | undefined;
  /** Appends wait for this before they are decided. */
  gate?: Promise<void> | undefined;
  /** Takes so long for each append, in milliseconds. */
  appendMs?: number | undefined;
  /** Ends subscriptions after so many events each, as a server does that is going down. */
  cutAfterEvents?: number | undefined;
  /** Sends so many events again that a resumed subscription has had already. */
  resend?: number | undefined;
  /** Never sends anything to reads and subscriptions. */
  mute?: boolean | undefined;
  /** Leaves so many subscriptions without any answer. */
  unconfirmed?: number | undefined;
  /** No positions in reads of a stream, as servers before 22.6. */
  isOld?: boolean | undefined;
  /** Starts one record further than it was asked to. */
  skipOne?: boolean | undefined;
  /** Says that it has caught up before it sends anything. */
  caughtUpEarly?: boolean | undefined;
}

/** What was seen of the clients. */
export interface Seen {
  appends: number;
  appendCalls: number;
  subscribedFrom: (bigint | 'start')[];
  requestBytesMax: number;
  /** Events written to subscribers and not yet taken off by their connections. */
  sentToSubscribers: number;
}

/**
 * Speaks the messages of EventStoreDB's gRPC protocol that the adapter's client uses, over a log in memory, and
 * misbehaves on demand. It is written after the protocol and the documentation and stands in for no real server:
 * `eventstoredb.engines.spec.ts` runs against one.
 */
export class TestServer {
  readonly faults: Faults = {};
  readonly seen: Seen = { appends: 0, appendCalls: 0, subscribedFrom: [], requestBytesMax: 0, sentToSubscribers: 0 };
  private server: Server | undefined;
  port = 0;
  /** Nodes that gossip tells of: host, port and whether it leads; this one by default. */
  members: { readonly port: number; readonly isLeader: boolean }[] = [];

  constructor(readonly log = new ServerLog()) {}

  /** Listens on loopback; on the same port again after `stop`. */
  async start(): Promise<this> {
    const server = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
    const streams: UntypedServiceImplementation = {
      read: (call: ReadCall) => void this.read(call),
      batchAppend: (call: AppendCall) => this.batchAppend(call),
      append: () => undefined,
      delete: () => undefined,
      tombstone: () => undefined,
    };
    server.addService(StreamsService as never, streams);
    server.addService(GossipService as never, {
      read: (_: unknown, answer: (error: null, info: ClusterInfo) => void) => answer(null, this.clusterInfo()),
    });
    this.port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    this.server = server;
    return this;
  }

  /** Cuts every connection and stops listening; the log stays. */
  async stop(): Promise<void> {
    this.server?.forceShutdown();
    this.server = undefined;
    await new Promise((resolve) => setImmediate(resolve));
  }

  get connectionString(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  private batchAppend(call: AppendCall): void {
    this.seen.appendCalls++;
    let order = Promise.resolve();
    if (this.faults.failure) return void call.emit('error', this.faults.failure);
    call.on('data', (request: BatchAppendReq) => {
      order = order
        .then(() => this.faults.gate)
        .then(() => this.slowness())
        .then(() => this.answerAppend(call, request));
    });
    call.on('end', () => void order.then(() => call.end()));
    call.on('error', () => undefined);
  }

  private async slowness(): Promise<void> {
    if (this.faults.appendMs !== undefined) await new Promise((resolve) => setTimeout(resolve, this.faults.appendMs));
  }

  private answerAppend(call: AppendCall, request: BatchAppendReq): void {
    if (this.faults.failure) return void call.emit('error', this.faults.failure);
    this.seen.requestBytesMax = Math.max(this.seen.requestBytesMax, request.serializeBinary().length);
    this.seen.appends++;
    const fault = this.faults.onAppend?.(this.seen.appends);
    const decide = () => this.decide(request);
    const reply = (response: BatchAppendResp) => void call.write(response.setCorrelationId(request.getCorrelationId() as UUID));
    if (fault === undefined) return reply(appendMessage(decide()));
    if (fault === 'drop' || fault === 'silence') {
      decide();
      if (fault === 'drop') call.end();
      return;
    }
    if (fault.commit) decide();
    reply(fault.answer);
  }

  private decide(request: BatchAppendReq) {
    const options = request.getOptions();
    if (!options) throw new Error('An append without options');
    const name = Buffer.from(options.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8');
    const expected = options.hasNoStream() ? -1 : Number(options.getStreamPosition());
    const events = request.getProposedMessagesList().map((message) => ({
      id: message.getId()?.getString() ?? '',
      type: message.getMetadataMap().get('type') ?? '',
      contentType: message.getMetadataMap().get('content-type') ?? '',
      data: message.getData_asU8(),
      metadata: message.getCustomMetadata_asU8(),
    }));
    for (const { id } of events) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) || /^[0-]*$/.test(id))
        throw new Error(`"${id}" is no id the server takes`);
    }
    const decision = this.log.append(name, expected, events);
    // The server goes on to write events of its own between everybody's.
    if (this.log.all.length % 7 === 0) this.log.writeSystemEvent();
    return decision;
  }

  private async read(call: ReadCall): Promise<void> {
    if (this.faults.failure) return void call.emit('error', this.faults.failure);
    if (this.faults.mute) return;
    const options = call.request.getOptions() as ReadReq.Options;
    if (options.hasSubscription()) return this.subscription(call, options);
    const events = options.hasStream() ? this.streamEvents(call, options) : this.allEvents(options);
    const withPosition = !(options.hasStream() && this.faults.isOld);
    for (const event of events.slice(0, Number(options.getCount()))) {
      if (!(await write(call, eventMessage(event, withPosition)))) return;
    }
    call.end();
  }

  private streamEvents(call: ReadCall, options: ReadReq.Options): readonly ServerEvent[] {
    const stream = options.getStream() as ReadReq.Options.StreamOptions;
    const name = Buffer.from(stream.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8');
    const events = this.log.stream(name);
    if (events.length === 0) call.write(notFoundMessage(name));
    const isForwards = options.getReadDirection() === ReadReq.Options.ReadDirection.FORWARDS;
    const from = stream.hasRevision() ? Number(stream.getRevision()) : isForwards ? 0 : Infinity;
    return isForwards ? events.slice(from) : events.filter(({ revision }) => revision <= from).reverse();
  }

  /** Forwards from a position itself, backwards from before it, as the server does. */
  private allEvents(options: ReadReq.Options): readonly ServerEvent[] {
    const all = options.getAll() as ReadReq.Options.AllOptions;
    const position = all.hasPosition() ? BigInt(all.getPosition()?.getCommitPosition() as string) : undefined;
    if (options.getReadDirection() === ReadReq.Options.ReadDirection.BACKWARDS) {
      return this.log.all.filter((event) => position === undefined || event.position < position).reverse();
    }
    return this.log.all.filter((event) => position === undefined || event.position >= position);
  }

  /** Sends what lies behind a position and passes the filter, then whatever comes; says how far it is now and then. */
  private async subscription(call: ReadCall, options: ReadReq.Options): Promise<void> {
    const { resend = 0, skipOne, caughtUpEarly, cutAfterEvents = Infinity } = this.faults;
    const start = options.getAll()?.getPosition()?.getCommitPosition();
    this.seen.subscribedFrom.push(start === undefined ? 'start' : BigInt(start));
    if (this.faults.unconfirmed && this.faults.unconfirmed-- > 0) return;
    const passes = filterOf(options);
    const isResumed = start !== undefined;
    let next = isResumed ? this.log.all.findIndex(({ position }) => position > BigInt(start)) : 0;
    if (next < 0) next = this.log.all.length;
    if (isResumed) next = Math.max(0, next - resend);
    if (skipOne && isResumed) next++;
    if (!(await write(call, confirmationMessage()))) return;
    if (caughtUpEarly) call.write(caughtUpMessage());
    const changes = changesOf(this.log, call);
    for (let sent = 0, isLive = false; !call.cancelled;) {
      const event = this.log.all[next];
      if (!event) {
        if (!isLive && next > 0) call.write(checkpointMessage((this.log.all[next - 1] as ServerEvent).position));
        if (!isLive) call.write(caughtUpMessage());
        isLive = true;
        await changes();
        continue;
      }
      next++;
      if (passes(event.streamName)) {
        if (sent++ >= cutAfterEvents) return void call.end();
        this.seen.sentToSubscribers++;
        if (!(await write(call, eventMessage(event)))) return;
      } else if (isLive) call.write(checkpointMessage(event.position));
    }
  }

  private clusterInfo(): ClusterInfo {
    const members = this.members.length > 0 ? this.members : [{ port: this.port, isLeader: true }];
    return new ClusterInfo().setMembersList(
      members.map(({ port, isLeader }) =>
        new MemberInfo()
          .setInstanceId(new UUID().setString('22222222-2222-4222-8222-222222222222'))
          .setTimeStamp('0')
          .setState(isLeader ? MemberInfo.VNodeState.LEADER : MemberInfo.VNodeState.FOLLOWER)
          .setIsAlive(true)
          .setHttpEndPoint(new EndPoint().setAddress('127.0.0.1').setPort(port)),
      ),
    );
  }
}
