import { randomUUID } from 'node:crypto';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import { type AppendAnswer, type EncodedAppend, fromResponse, toRequest } from './append-messages';
import type { AppendCall } from './client-internals';
import { NoAnswer, NotNow } from './failures';

/** How much may be on its way. */
export interface AppendPipeOptions {
  /** Appends that were sent and not answered yet, at most. */
  readonly unansweredMax: number;
  /** Their events' bytes, at most; a single append may exceed it. */
  readonly unansweredBytesMax: number;
  /** How long the server may leave appends without any answer, in milliseconds; a single one four times as long. */
  readonly answerMs: number;
}

/** How many times `answerMs` one append waits while others are answered. */
const WAITS_MAX = 4;

interface Unanswered {
  readonly append: EncodedAppend;
  readonly timer: NodeJS.Timeout;
  /** How often `answerMs` it is waited for. */
  waits: number;
  resolve(answer: AppendAnswer): void;
  reject(error: unknown): void;
}

/** One call to the server, with what it has not answered yet. */
interface OpenCall {
  readonly call: AppendCall;
  readonly unanswered: Map<string, Unanswered>;
  /** When the last answer came, on the process's own clock. */
  answeredAt: number;
  isOver: boolean;
}

/**
 * Sends appends one after the other over one call, without waiting for answers in between, so that the server
 * decides them in the order given. When the call breaks, or an answer stays away, all that it has not answered fails
 * (it may have been stored), and the next append opens a new call.
 */
export class AppendPipe {
  private current: OpenCall | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private unansweredCount = 0;
  private unansweredBytes = 0;
  private wakeForRoom: () => void = () => undefined;

  constructor(
    private readonly open: () => Promise<AppendCall>,
    private readonly options: AppendPipeOptions,
  ) {}

  /** Sends an append behind all that were given before. Rejects with a passing failure when it is not known what became of it. */
  send(append: EncodedAppend): Promise<AppendAnswer> {
    const sent = this.last.then(() => this.write(append));
    this.last = sent.then(
      ({ isDrained }) => isDrained,
      () => undefined,
    );
    return sent.then(({ answer }) => answer);
  }

  /** Gives up what has not been answered. */
  close(): void {
    if (this.current) this.abandon(this.current, new NotNow('The event store is closed'));
  }

  /** Writes one request; answers promises, inside an object so that they are not waited for here. */
  private async write(append: EncodedAppend): Promise<{ answer: Promise<AppendAnswer>; isDrained: Promise<void> }> {
    await this.waitForRoom(append.bytes);
    const open = (this.current ??= this.adopt(await this.openInTime()));
    const requestId = randomUUID();
    this.unansweredCount++;
    this.unansweredBytes += append.bytes;
    const answer = new Promise<AppendAnswer>((resolve, reject) => {
      const timer = setTimeout(() => this.onLate(open, request), this.options.answerMs);
      const request: Unanswered = { append, timer, waits: 1, resolve, reject };
      open.unanswered.set(requestId, request);
    });
    // Whoever called `send` gets the same failure.
    answer.catch(() => undefined);
    const isWritable = open.call.write(toRequest(append, requestId));
    return { answer, isDrained: isWritable ? Promise.resolve() : this.drained(open, answer) };
  }

  private async waitForRoom(bytes: number): Promise<void> {
    const { unansweredMax, unansweredBytesMax } = this.options;
    while (this.unansweredCount > 0 && (this.unansweredCount >= unansweredMax || this.unansweredBytes + bytes > unansweredBytesMax)) {
      await new Promise<void>((resolve) => {
        this.wakeForRoom = resolve;
      });
    }
  }

  /** The client may look for its cluster for a long time: the same patience as for an answer. */
  private async openInTime(): Promise<AppendCall> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoAnswer('Connecting to the event store', this.options.answerMs)), this.options.answerMs);
    });
    const opening = this.open();
    try {
      return await Promise.race([opening, late]);
    } catch (error) {
      opening.then(
        (call) => discard(call),
        () => undefined,
      );
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private adopt(call: AppendCall): OpenCall {
    const open: OpenCall = { call, unanswered: new Map(), answeredAt: -Infinity, isOver: false };
    call.on('data', (response: BatchAppendResp) => this.settle(open, response));
    call.on('error', (error) => this.abandon(open, error));
    // A server that shuts down may end the call without any error.
    const onEnd = () => this.abandon(open, new NotNow('The event store ended the call for appends'));
    call.on('end', onEnd);
    call.on('close', onEnd);
    return open;
  }

  private settle(open: OpenCall, response: BatchAppendResp): void {
    const requestId = response.getCorrelationId()?.getString() ?? '';
    const request = open.unanswered.get(requestId);
    if (!request) return;
    open.unanswered.delete(requestId);
    open.answeredAt = performance.now();
    this.forget(request);
    try {
      request.resolve(fromResponse(response, request.append.streamName));
    } catch (error) {
      request.reject(error);
    }
  }

  /** A server that answers others is at work: it gets more time, within bounds. */
  private onLate(open: OpenCall, request: Unanswered): void {
    const { answerMs } = this.options;
    const isAtWork = performance.now() - open.answeredAt < answerMs;
    if (!isAtWork || request.waits >= WAITS_MAX) return this.abandon(open, new NoAnswer('Appending to the event store', answerMs));
    request.waits++;
    request.timer.refresh();
  }

  private abandon(open: OpenCall, error: unknown): void {
    if (open.isOver) return;
    open.isOver = true;
    if (this.current === open) this.current = undefined;
    for (const request of open.unanswered.values()) {
      this.forget(request);
      request.reject(error);
    }
    open.unanswered.clear();
    discard(open.call);
  }

  private forget({ timer, append }: Unanswered): void {
    clearTimeout(timer);
    this.unansweredCount--;
    this.unansweredBytes -= append.bytes;
    this.wakeForRoom();
  }

  /** Settles when the call takes more, or is given up. */
  private drained({ call }: OpenCall, answer: Promise<AppendAnswer>): Promise<void> {
    return new Promise((resolve) => {
      call.once('drain', resolve);
      const given = () => resolve();
      answer.then(given, given);
    });
  }
}

/**
 * Ends a call, on the server and here: the client waits for the end of every call it knows of before it closes. What
 * comes after is of no interest, but an error without a listener would end the process.
 */
function discard(call: AppendCall): void {
  call.on('error', () => undefined);
  call.cancel();
  call.destroy();
}
