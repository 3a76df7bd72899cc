import type { IntakeResult } from '@regulars/contracts';
import { type Causation, type Clock, isRefusal, naturalId, type Refusal } from '@regulars/kernel';
import { type EventStore, StoreUnavailable } from '@regulars/ports';
import type { Principal } from '@regulars/runtime';
import { putInQuarantine, waitsFor } from '../quarantine/put-in-quarantine';
import type { StoreDirectory } from '../store/store-directory';
import { accessRefusal } from './access';
import { book, type Booked } from './book';
import { type Prepared, receiptId, receiptStream } from './prepare';
import { factsOf, type IntakeItem, readItem } from './read-item';

/** What the intake needs of its surroundings. */
export interface IntakePorts {
  readonly chain: string;
  readonly eventStore: EventStore;
  readonly stores: StoreDirectory;
  readonly clock: Clock;
  readonly futureToleranceMs: number;
  readonly claimWindowDays: number;
  readonly failpoint?: ((name: string) => void) | undefined;
}

/** One request, stream or file on its way in. */
export interface Delivery extends Causation {
  /** Unique to this delivery. */
  readonly id: string;
  readonly principal: Pick<Principal, 'role' | 'stores' | 'terminal'>;
  /** The quarantine entry that is tried again. */
  readonly redriveOf?: string;
  /**
   * The record of the intake topic it is, one item, which the bus may deliver again, also to two processes at once. Its causation then; a
   * repeat has no further effect and the first outcome.
   */
  readonly record?: string;
}

/** What became of an item, before it is put into words for the sender. */
interface Settled {
  readonly outcome: 'accepted' | 'duplicate' | 'refused';
  /** The receipt, where it was not prepared. */
  readonly purchaseId?: string;
  readonly prepared?: Prepared;
  readonly refusal?: Refusal;
  /** True where an earlier delivery of the same record did it. */
  readonly before?: boolean;
}

/** What became of an item that was tried again. */
export interface TriedAgain {
  readonly result: IntakeResult;
  /** What it waits for, where it was refused because something has not come yet. */
  readonly waitsFor: string | undefined;
}

/** How often items were received and what became of them since the start: plain fields, published at scrape. */
export interface IntakeCounters {
  received: number;
  accepted: number;
  duplicate: number;
  quarantined: number;
}

/** The one door for purchases, whatever the road: every item ends accepted, duplicate or quarantined, durably, before it is answered. */
export class Intake {
  /** Counted when all outcomes of a delivery are durable; one that failed whole is not in them, it will come again. */
  readonly counters: IntakeCounters = { received: 0, accepted: 0, duplicate: 0, quarantined: 0 };
  private readonly tallies = new Map<string, number>();

  constructor(private readonly ports: IntakePorts) {}

  /**
   * Takes items in, in their order. Resolves once all outcomes are durable; throws `StoreUnavailable` where nothing can be stored,
   * and the sender may repeat everything.
   */
  async takeIn(items: readonly IntakeItem[], delivery: Delivery, firstIndex = 0): Promise<readonly IntakeResult[]> {
    const settled = await this.settle(items, delivery);
    this.ports.failpoint?.('intake.after-append');
    const quarantineIds = await this.quarantineRefused(items, settled, delivery);
    const talliedBefore = await this.tallyDuplicates(settled, delivery);
    this.ports.failpoint?.('intake.before-ack');
    const results = settled.map((item, place) => resultOf(item, firstIndex + place, quarantineIds.get(place)));
    this.count(results.filter((_, place) => !talliedBefore && !settled[place]?.before));
    return results;
  }

  /** Tries one item out of quarantine again: refused again it goes back to the caller, who knows the entry, with what it waits for now. */
  async tryAgain(item: IntakeItem, delivery: Delivery & { readonly redriveOf: string }): Promise<TriedAgain> {
    const [settled] = await this.settle([item], delivery);
    if (!settled) throw new Error('no outcome');
    const { refusal, prepared } = settled;
    return { result: resultOf(settled, 0, delivery.redriveOf), waitsFor: refusal && waitsFor(refusal, factsOf(item), prepared) };
  }

  /** Forgets a delivery that has ended. */
  end(delivery: Delivery): void {
    this.tallies.delete(delivery.id);
  }

  private async settle(items: readonly IntakeItem[], delivery: Delivery): Promise<Settled[]> {
    const { chain, eventStore, stores, clock, futureToleranceMs, claimWindowDays } = this.ports;
    const context = { chain, stores, nowMs: clock.now(), futureToleranceMs, claimWindowDays };
    const settled = new Array<Settled>(items.length);
    const toBook: { place: number; prepared: Prepared }[] = [];
    items.forEach((item, place) => {
      const prepared = accessRefusal(delivery.principal, item) ?? readItem(item, context);
      if (isRefusal(prepared)) settled[place] = { outcome: 'refused', refusal: prepared };
      else toBook.push({ place, prepared });
    });
    const { correlationId, causationId, traceparent } = delivery;
    const booked = await book(
      toBook.map(({ prepared }) => prepared),
      { chain, eventStore, correlationId, causationId, traceparent },
    );
    toBook.forEach(({ place, prepared }, index) => {
      settled[place] = settledAs(booked[index] as Booked, prepared, delivery);
    });
    const [item] = items;
    const [only] = settled;
    if (delivery.record !== undefined && item && only?.refusal) settled[0] = (await this.acceptedBefore(item, delivery.record)) ?? only;
    return settled;
  }

  /** A record that was accepted when it first came stays so, whatever would refuse it now (its store has closed since). */
  private async acceptedBefore(item: IntakeItem, record: string): Promise<Settled | undefined> {
    const { store, terminal, receipt } = factsOf(item);
    if (store === undefined || terminal === undefined || receipt === undefined) return undefined;
    const purchaseId = receiptId(this.ports.chain, { store, terminal, receipt });
    const history = await this.ports.eventStore.readStream(receiptStream(purchaseId));
    return history.some(({ causationId }) => causationId === record) ? { outcome: 'accepted', purchaseId, before: true } : undefined;
  }

  private async quarantineRefused(items: readonly IntakeItem[], settled: readonly Settled[], delivery: Delivery) {
    const entries = settled.flatMap(({ refusal, prepared }, place) =>
      refusal ? [{ place, item: items[place] as IntakeItem, refusal, prepared }] : [],
    );
    if (entries.length === 0) return new Map<number, string>();
    const occurredAt = new Date(this.ports.clock.now()).toISOString();
    return putInQuarantine(this.ports, entries, occurredAt, delivery);
  }

  /** Answers whether this very tally had been stored before. */
  private async tallyDuplicates(settled: readonly Settled[], delivery: Delivery): Promise<boolean> {
    const counts = new Map<string, { store: string; day: string; count: number }>();
    for (const { outcome, prepared } of settled) {
      if (outcome !== 'duplicate' || !prepared) continue;
      const { day, step } = prepared;
      const cell = counts.get(`${step.store}|${day}`) ?? { store: step.store, day, count: 0 };
      cell.count++;
      counts.set(`${step.store}|${day}`, cell);
    }
    if (counts.size === 0) return false;
    const { chain, eventStore, clock } = this.ports;
    const revision = this.tallies.get(delivery.id) ?? 0;
    const { correlationId, causationId, traceparent } = delivery;
    const outcome = await eventStore.append({
      streamId: `intake-${delivery.id}`,
      expected: revision === 0 ? 'no-stream' : revision - 1,
      events: [
        {
          id: naturalId('duplicates', delivery.id, String(revision)),
          type: 'intake.duplicates-observed.v1',
          occurredAt: new Date(clock.now()).toISOString(),
          data: { counts: [...counts.values()] },
          correlationId,
          causationId,
          traceparent,
          chain,
        },
      ],
    });
    if (outcome.outcome === 'conflict') throw new StoreUnavailable('Two writers use the same delivery id');
    this.tallies.set(delivery.id, revision + 1);
    return outcome.repeated;
  }

  private count(results: readonly IntakeResult[]): void {
    this.counters.received += results.length;
    for (const { outcome } of results) this.counters[outcome]++;
  }
}

function settledAs(booked: Booked, prepared: Prepared, { redriveOf, record }: Delivery): Settled {
  if (booked.outcome === 'refused') return { outcome: 'refused', prepared, refusal: booked.refusal };
  // What was cut off after the append, or is delivered again, finds its own event: it was the one that got it accepted.
  const cause = redriveOf ?? record;
  const own = booked.outcome === 'duplicate' && cause !== undefined && booked.history.some(({ causationId }) => causationId === cause);
  return own ? { outcome: 'accepted', prepared, before: true } : { outcome: booked.outcome, prepared };
}

function resultOf(settled: Settled, index: number, quarantineId: string | undefined): IntakeResult {
  const { outcome, prepared, refusal, purchaseId = prepared?.purchaseId } = settled;
  if (outcome !== 'refused') return { index, outcome, purchaseId };
  return { index, outcome: 'quarantined', quarantineId, code: refusal?.code, detail: refusal?.detail };
}
