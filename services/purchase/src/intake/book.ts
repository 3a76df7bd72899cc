import { type Causation, isRefusal, type Refusal, type StoredEvent } from '@regulars/kernel';
import { type CommandResult, fold, handleCommand, handleCommands, type StreamCommand } from '@regulars/engine';
import type { EventStore } from '@regulars/ports';
import { receipt, type ReceiptCommand } from '../receipt/decider';
import type { ReceiptEvent } from '../receipt/events';
import { type Prepared, receiptStream, type Step } from './prepare';

/** What became of a prepared item in the event store. */
export type Booked =
  | { readonly outcome: 'accepted' }
  /** It was there before; `history` shows since when and by whom. */
  | { readonly outcome: 'duplicate'; readonly history: readonly StoredEvent[] }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** Where and under which ids things are booked. */
export interface BookContext extends Causation {
  readonly chain: string;
  readonly eventStore: EventStore;
}

/**
 * Books prepared items as if one after the other. Items that touch different receipts do not see each other, so they go to the store
 * together, in waves: an item comes in a later wave than every earlier one that touches a stream of its own.
 */
export async function book(items: readonly Prepared[], context: BookContext): Promise<readonly Booked[]> {
  const booked = new Array<Booked>(items.length);
  for (const wave of wavesOf(items)) {
    const [first] = wave;
    if (first?.item.kind === 'void') {
      booked[first.place] = await bookVoid(first.item, context);
      continue;
    }
    const isClaim = ({ item }: Placed) => item.kind === 'claim';
    const own = wave.filter((placed) => !isClaim(placed));
    const settled = await Promise.all([bookOwn(own, context), bookClaims(wave.filter(isClaim), context)]);
    for (const { place, booked: outcome } of settled.flat()) booked[place] = outcome;
  }
  return booked;
}

interface Placed {
  readonly place: number;
  readonly item: Prepared;
}
type Settled = Placed & { readonly booked: Booked };

function wavesOf(items: readonly Prepared[]): Placed[][] {
  const waves: Placed[][] = [];
  const lastWave = new Map<string, number>();
  let first = 0;
  items.forEach((item, place) => {
    const streams = item.takeBack ? [item.step.streamId, item.takeBack.streamId] : [item.step.streamId];
    // Which receipts a void touches is only known when it is booked: it goes alone, after all before it.
    const wave = item.kind === 'void' ? waves.length : Math.max(first, ...streams.map((stream) => (lastWave.get(stream) ?? -1) + 1));
    if (item.kind === 'void') first = wave + 1;
    for (const stream of streams) lastWave.set(stream, wave);
    (waves[wave] ??= []).push({ place, item });
  });
  return waves;
}

/**
 * Books receipts under their own numbers; nearly all are new. A linked return lives in the stream of its purchase, where alone it can be
 * seen that not too much comes back; its own number is taken in a stream of its own. The purchase goes first: a crash in between is
 * completed by the till's repeat. If another receipt takes the number in the same instant, the return is withdrawn.
 */
async function bookOwn(wave: readonly Placed[], context: BookContext): Promise<readonly Settled[]> {
  const takenBack = await takeBackAll(wave, context);
  const going = wave.filter(({ place }) => takenBack.get(place)?.outcome !== 'refused');
  const results = await handleAll(
    going.map(({ item }) => item.step),
    context,
    true,
  );
  const settled: Settled[] = [];
  for (const [index, { place, item }] of going.entries()) {
    const own = results[index] as Handled;
    const taken = takenBack.get(place);
    if (own.outcome === 'refused' && taken?.outcome === 'done' && item.takeBack) {
      await withdraw(item.takeBack.streamId, item.purchaseId, item.takeBack, context, { numberTaken: true });
    }
    settled.push({ place, item, booked: taken ? bothOutcomes(taken, own) : outcomeOf(own) });
  }
  for (const { place, item } of wave) {
    const taken = takenBack.get(place);
    if (taken?.outcome === 'refused') settled.push({ place, item, booked: taken });
  }
  return settled;
}

type Handled = CommandResult<ReceiptEvent>;

/** The goods that come back on other receipts, by the item's place: refused already where the item's own number is taken. */
async function takeBackAll(wave: readonly Placed[], context: BookContext): Promise<ReadonlyMap<number, Handled>> {
  const linked = wave.filter(({ item }) => item.takeBack);
  if (linked.length === 0) return new Map();
  const results = new Map<number, Handled>();
  const free: Placed[] = [];
  for (const placed of linked) {
    const history = await context.eventStore.readStream(placed.item.step.streamId);
    const own = receipt.decide(placed.item.step.command, fold(receipt, history));
    if (isRefusal(own)) results.set(placed.place, { outcome: 'refused', refusal: own, history });
    else free.push(placed);
  }
  const taken = await handleAll(
    free.map(({ item }) => item.takeBack as Step),
    context,
    false,
  );
  free.forEach(({ place }, index) => results.set(place, taken[index] as Handled));
  return results;
}

function bothOutcomes(taken: Handled, own: Handled): Booked {
  if (own.outcome === 'refused') return { outcome: 'refused', refusal: own.refusal };
  const isRepeat = taken.outcome === 'unchanged' && own.outcome === 'unchanged';
  return isRepeat ? { outcome: 'duplicate', history: taken.history } : { outcome: 'accepted' };
}

async function bookClaims(wave: readonly Placed[], context: BookContext): Promise<readonly Settled[]> {
  const results = await handleAll(
    wave.map(({ item }) => item.step),
    context,
    false,
  );
  return wave.map((placed, index) => ({ ...placed, booked: outcomeOf(results[index] as Handled) }));
}

/** The void of a receipt that took goods back also withdraws that return from its purchase. */
async function bookVoid({ step }: Prepared, context: BookContext): Promise<Booked> {
  const state = fold(receipt, await context.eventStore.readStream(step.streamId));
  const decided = receipt.decide(step.command, state);
  if (isRefusal(decided)) return { outcome: 'refused', refusal: decided };
  if (state.notedFor) await withdraw(receiptStream(state.notedFor.purchaseId), state.notedFor.returnId, step, context);
  if (state.recorded?.exchangeOf) await withdraw(receiptStream(state.recorded.exchangeOf), state.recorded.purchaseId, step, context);
  return outcomeOf(await handle(step, context));
}

async function withdraw(
  streamId: string,
  returnId: string,
  because: Step,
  context: BookContext,
  why: { readonly numberTaken?: boolean } = {},
): Promise<void> {
  const { occurredAt } = because.command;
  await handle({ streamId, store: because.store, command: { type: 'withdraw-return', occurredAt, returnId, ...why } }, context);
}

async function handle(step: Step, context: BookContext): Promise<Handled> {
  return handleCommand(context.eventStore, receipt, request(step, context));
}

async function handleAll(steps: readonly Step[], context: BookContext, expectNew: boolean): Promise<readonly Handled[]> {
  if (steps.length === 0) return [];
  return handleCommands(
    context.eventStore,
    receipt,
    steps.map((step) => request(step, context)),
    { expectNew },
  );
}

function request({ streamId, store, command }: Step, context: BookContext): StreamCommand<ReceiptCommand> {
  const { chain, correlationId, causationId, traceparent } = context;
  return { streamId, store, command, chain, correlationId, causationId, traceparent };
}

function outcomeOf(result: Handled): Booked {
  if (result.outcome === 'done') return { outcome: 'accepted' };
  return result.outcome === 'unchanged'
    ? { outcome: 'duplicate', history: result.history }
    : { outcome: 'refused', refusal: result.refusal };
}
