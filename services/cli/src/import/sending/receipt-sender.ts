import type { ClientRequest, IncomingMessage } from 'node:http';
import type { IntakeResult } from '@regulars/contracts';
import { CliError, exitCodes } from '../../failure';
import { problem, readAnswer, unreachable, type ApiClient } from '../../platform-access/api-client';
import type { Receipt } from '../receipts/receipt';

const STREAM_PATH = '/v1/purchases:stream';
const BATCH_CHARS = 64 * 1024;
/** Most text that is sent and not answered yet. It bounds the memory of an import. */
const IN_FLIGHT_CHARS = 24 * 1024 * 1024;
const IN_FLIGHT_RECEIPTS = 50_000;
/** A request ends after this much and another goes on, so that no proxy's or server's limit on one request matters. */
const REQUEST_CHARS = 256 * 1024 * 1024;
const SILENCE_MS = 120_000;

interface Sent {
  readonly receipt: Receipt;
  readonly chars: number;
}

/** One NDJSON request under way: what was written in it and is not answered yet, in order. */
interface Lane {
  request: ClientRequest | undefined;
  batch: string;
  waiting: Sent[];
  answered: number;
  index: number;
  chars: number;
}

/** Streams receipts to the platform over one or several requests and reports each answer. Bounded by what is unanswered. */
export class ReceiptSender {
  private readonly lanes: Lane[];
  private turn = 0;
  private charsInFlight = 0;
  private receiptsInFlight = 0;
  private failure: unknown;
  private wake: (() => void) | undefined;
  private finishing = new Set<ClientRequest>();

  constructor(
    private readonly api: ApiClient,
    concurrency: number,
    private readonly answered: (receipt: Receipt, result: IntakeResult) => void,
  ) {
    this.lanes = Array.from({ length: concurrency }, newLane);
  }

  /** Queues a receipt for sending. */
  send(receipt: Receipt): void {
    const json = receipt.json();
    const lane = this.lanes[this.turn] as Lane;
    lane.batch += json;
    lane.batch += '\n';
    lane.waiting.push({ receipt, chars: json.length });
    this.charsInFlight += json.length;
    this.receiptsInFlight++;
    if (lane.batch.length >= BATCH_CHARS) {
      this.write(lane);
      this.turn = (this.turn + 1) % this.lanes.length;
    }
  }

  /** Resolves when there is room again. Throws what went wrong with the connection. */
  async room(): Promise<void> {
    this.throwFailure();
    while (this.charsInFlight > IN_FLIGHT_CHARS || this.receiptsInFlight > IN_FLIGHT_RECEIPTS) {
      for (const lane of this.lanes) this.write(lane);
      await this.progress();
    }
  }

  /** Sends what is left and waits for the last answers. */
  async finish(): Promise<void> {
    this.throwFailure();
    for (const lane of this.lanes) this.end(lane);
    while (this.receiptsInFlight > 0 || this.finishing.size > 0) await this.progress();
  }

  /** Lets go of the connections at once. */
  abort(): void {
    this.failure ??= new CliError(exitCodes.interrupted, 'Interrupted');
    this.destroyAll();
  }

  private destroyAll(): void {
    for (const request of [...this.finishing, ...this.lanes.map((lane) => lane.request)]) request?.destroy();
  }

  private async progress(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (this.failure) resolve();
    });
    this.throwFailure();
  }

  private throwFailure(): void {
    if (this.failure) throw this.failure;
  }

  private write(lane: Lane): void {
    if (!lane.batch || this.failure) return;
    lane.request ??= this.begin(lane);
    lane.request.write(lane.batch);
    lane.chars += lane.batch.length;
    lane.batch = '';
    if (lane.chars >= REQUEST_CHARS) this.end(lane);
  }

  /** Ends a lane's request; its answers still come. The next write begins another. */
  private end(lane: Lane): void {
    if (lane.batch) {
      lane.request ??= this.begin(lane);
      lane.request.write(lane.batch);
      lane.batch = '';
    }
    const { request } = lane;
    if (!request) return;
    this.finishing.add(request);
    request.end();
    this.lanes[this.lanes.indexOf(lane)] = newLane();
  }

  private begin(lane: Lane): ClientRequest {
    const request = this.api.openStream(STREAM_PATH, 'application/x-ndjson');
    const fail = (error: unknown) => this.fail(error instanceof CliError ? error : unreachable(this.api.urlFor(STREAM_PATH), error));
    request.setTimeout(SILENCE_MS, () => request.destroy(new Error(`no answer for ${SILENCE_MS / 1000} s`)));
    let refused = false;
    // A server that refuses may close while we still write; its words say more than the broken connection.
    request.on('error', (error) => refused || fail(error));
    request.on('response', (response) => {
      refused = response.statusCode !== 200;
      this.read(lane, response).then(() => {
        this.finishing.delete(request);
        this.wake?.();
      }, fail);
    });
    return request;
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.destroyAll();
    this.wake?.();
  }

  private async read(lane: Lane, response: IncomingMessage): Promise<void> {
    if (response.statusCode !== 200) throw problem(response.statusCode ?? 0, await readAnswer(response));
    let open = '';
    response.setEncoding('utf8');
    for await (const part of response as AsyncIterable<string>) {
      const lines = (open + part).split('\n');
      open = lines.pop() ?? '';
      for (const line of lines) if (line) this.settle(lane, line);
      this.wake?.();
    }
    if (open) this.settle(lane, open);
    if (lane.answered < lane.waiting.length)
      throw new Error(`it ended its answer with ${lane.waiting.length - lane.answered} receipts unanswered`);
  }

  private settle(lane: Lane, line: string): void {
    const sent = lane.waiting[lane.answered];
    const result = JSON.parse(line) as IntakeResult;
    if (!sent || result.index !== lane.index) {
      throw new CliError(exitCodes.failed, 'The platform answered out of order', `Expected the answer to item ${lane.index}.`);
    }
    lane.answered++;
    lane.index++;
    if (lane.answered > 4096) {
      lane.waiting = lane.waiting.slice(lane.answered);
      lane.answered = 0;
    }
    this.charsInFlight -= sent.chars;
    this.receiptsInFlight--;
    this.answered(sent.receipt, result);
  }
}

function newLane(): Lane {
  return { request: undefined, batch: '', waiting: [], answered: 0, index: 0, chars: 0 };
}
