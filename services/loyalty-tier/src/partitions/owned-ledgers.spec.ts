import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PURCHASE_TOPIC, purchaseRecordedV1 } from '@regulars/contracts';
import { DeadLetters } from '@regulars/engine';
import { fixedClock, type JsonObject } from '@regulars/kernel';
import type { ConsumeOptions, DeliveredMessage, EventBus, Watermark } from '@regulars/ports';
import { InMemoryDocumentStore } from '@regulars/testing';
import { LedgerWorkers } from '../contribution/ledger-workers';
import type { LedgerSnapshot } from '../contribution/snapshot';
import { position, sale } from '../spec-support/purchases';
import { OwnedLedgers } from './owned-ledgers';

const SOURCE = 'purchase.events.v1/3';
const CLOCK = fixedClock(Date.parse('2026-06-01T12:00:30Z'));
const workers = new LedgerWorkers();
let root: string;
let documents: InMemoryDocumentStore;
let faults: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'owned-ledgers-'));
  documents = new InMemoryDocumentStore();
  faults = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
afterAll(() => workers.close());

const watermark = (n: number): Watermark => ({ logPosition: position(n), observedAt: '2026-06-01T12:00:00.000Z' });
const message = (n: number, net: number, facts: Partial<DeliveredMessage> = {}): DeliveredMessage => ({
  id: `m${n}`,
  type: purchaseRecordedV1.type,
  topic: PURCHASE_TOPIC,
  key: 'c1',
  occurredAt: '2026-06-01T00:00:00Z',
  chain: 'main',
  correlationId: 'test',
  data: sale('c1', net).change as unknown as JsonObject,
  source: SOURCE,
  position: position(n),
  logPosition: position(n * 10),
  ...facts,
});

/** A bus whose part the spec plays: it hands over what it is told to. */
class PlayedBus implements EventBus {
  readonly opened: ConsumeOptions[] = [];
  private end: (error: unknown) => void = () => undefined;

  async publish(): Promise<void> {
    throw new Error('nothing is published');
  }

  consume(options: ConsumeOptions) {
    this.opened.push(options);
    const ended = new Promise<void>((resolve, reject) => (this.end = (error) => (error ? reject(error as Error) : resolve())));
    return { ended, close: async () => this.end(undefined) };
  }

  /** The consumption opened last, once the n-th is open. */
  async consumption(n = 1): Promise<ConsumeOptions> {
    while (this.opened.length < n) await new Promise((resolve) => setTimeout(resolve, 5));
    return this.opened.at(-1)!;
  }

  fail(error: Error): void {
    this.end(error);
  }
}

const assign = ({ from }: ConsumeOptions, sources: readonly string[]) =>
  (from as (sources: readonly string[]) => Promise<Record<string, string>>)(sources);
const deliver = (options: ConsumeOptions, ...messages: DeliveredMessage[]) =>
  options.onBatch(messages, { [SOURCE]: messages.at(-1)!.position }, () => undefined);

async function owning(directory = 'one') {
  const bus = new PlayedBus();
  const deadLetters = await DeadLetters.open(documents, CLOCK);
  const ledgers = new OwnedLedgers({
    bus,
    sources: [SOURCE],
    folders: { directory: join(root, directory), workers },
    deadLetters,
    clock: CLOCK,
    report: (event, { version, reason }) => void faults.push(`${event}: ${version}: ${reason}`),
  });
  ledgers.follow(() => undefined);
  const options = await bus.consumption();
  return { bus, deadLetters, ledgers, options };
}

const net = async (snapshot: ReturnType<OwnedLedgers['at']>): Promise<number | undefined> =>
  (await (snapshot as LedgerSnapshot).customer('c1', { fromDay: 0, toDay: 65_535 }))?.net;

test('a partition goes on where its ledger on the disk stands, after going and coming, and after a restart', async () => {
  const { options, ledgers } = await owning();
  expect(await assign(options, [SOURCE])).toEqual({});
  await deliver(options, message(1, 100));
  await options.onRevoked!([SOURCE]);
  expect(ledgers.owned()).toEqual([]);
  expect(await assign(options, [SOURCE])).toEqual({ [SOURCE]: position(1) });
  await deliver(options, message(2, 50));
  await ledgers.close();

  const again = await owning();
  expect(await assign(again.options, [SOURCE])).toEqual({ [SOURCE]: position(2) });
  again.options.onWatermark!(SOURCE, watermark(20));
  expect(await net(again.ledgers.at(SOURCE, position(20)))).toBe(150);
  expect(again.ledgers.status(CLOCK.now())).toEqual([{ source: SOURCE, position: position(2), logPosition: position(20), lagSeconds: 30 }]);
  expect(again.ledgers.stats()).toMatchObject({ customers: 1, rows: 2 });
  await again.ledgers.close();
});

test('the ledger is shown as it was at a watermark, not before it has come and not after it was missed', async () => {
  const { options, ledgers } = await owning();
  await assign(options, [SOURCE]);
  await deliver(options, message(1, 100));
  expect(ledgers.at(SOURCE, position(10))).toBe('awaited');
  options.onWatermark!(SOURCE, watermark(15));
  await deliver(options, message(2, 50));
  options.onWatermark!(SOURCE, watermark(25));
  expect(await net(ledgers.at(SOURCE, position(15)))).toBe(100);
  // Nothing came between 10 and 15, so that the later moment shows the earlier one.
  expect(await net(ledgers.at(SOURCE, position(12)))).toBe(100);
  expect(await net(ledgers.at(SOURCE, position(25)))).toBe(150);
  // What came between 15 and 25 cannot be told from what came after 17.
  expect(ledgers.at(SOURCE, position(17))).toEqual({ standsAt: position(25) });
  expect(ledgers.at(SOURCE, position(26))).toBe('awaited');
  // A relay that begins again repeats watermarks from before.
  options.onWatermark!(SOURCE, watermark(15));
  expect(await net(ledgers.at(SOURCE, position(15)))).toBe(100);
  await ledgers.close();

  const again = await owning();
  await assign(again.options, [SOURCE]);
  again.options.onWatermark!(SOURCE, watermark(15));
  expect(again.ledgers.at(SOURCE, position(15))).toEqual({ standsAt: position(20) });
  await again.ledgers.close();
});

test('a fault ends the consumption, which is opened again from where the ledger stands', async () => {
  const { bus, options, ledgers } = await owning();
  await assign(options, [SOURCE]);
  await deliver(options, message(1, 100));
  bus.fail(new Error('the broker is gone'));
  await options.onRevoked!([SOURCE]);
  const next = await bus.consumption(2);
  expect(ledgers.lastFault).toBe('the broker is gone');
  expect(await assign(next, [SOURCE])).toEqual({ [SOURCE]: position(1) });
  await deliver(next, message(2, 1));
  expect(ledgers.lastFault).toBeUndefined();
  expect(faults).toEqual(['fault: : the broker is gone']);
  await ledgers.close();
});

test('a fault is over when there is nothing more to take in, though nothing has come since', async () => {
  const { bus, options, ledgers } = await owning();
  await assign(options, [SOURCE]);
  bus.fail(new Error('the document store is away'));
  await options.onRevoked!([SOURCE]);
  const next = await bus.consumption(2);
  await assign(next, [SOURCE]);
  expect(ledgers.lastFault).toBe('the document store is away');
  next.onCaughtUp!();
  expect(ledgers.lastFault).toBeUndefined();
  await ledgers.close();
});

test('a partition that is not among those configured is refused', async () => {
  const { options, ledgers } = await owning();
  await expect(assign(options, ['purchase.events.v1/12'])).rejects.toThrow('none of the 1 configured');
  await ledgers.close();
});

test('a damaged ledger is kept aside and built again from the beginning of its partition', async () => {
  const { options, ledgers } = await owning();
  await assign(options, [SOURCE]);
  await deliver(options, message(1, 100));
  await ledgers.close();
  const folder = join(root, 'one', encodeURIComponent(SOURCE));
  const segment = readdirSync(folder).find((name) => name.endsWith('.seg'))!;
  truncateSync(join(folder, segment), 10);

  const again = await owning();
  expect(await assign(again.options, [SOURCE])).toEqual({});
  expect(readdirSync(join(root, 'one')).sort()).toEqual([encodeURIComponent(SOURCE), `${encodeURIComponent(SOURCE)}.damaged`]);
  expect(faults).toEqual([expect.stringContaining('built again from the events')]);
  await deliver(again.options, message(1, 100));
  again.options.onWatermark!(SOURCE, watermark(10));
  expect(await net(again.ledgers.at(SOURCE, position(10)))).toBe(100);
  await again.ledgers.close();
});

test('what cannot be taken in is parked with its successors, wherever its partition goes, and is taken in once after all', async () => {
  const { options, ledgers, deadLetters } = await owning();
  await assign(options, [SOURCE]);
  await deliver(options, message(1, 100), message(2, 7, { type: 'purchase.recorded.v9' }));
  expect(deadLetters.count()).toBe(1);
  await ledgers.close();

  // Another process, with a ledger of its own and what it knew before: it hears of the letter when the partition comes.
  const other = await owning('other');
  await assign(other.options, [SOURCE]);
  await deliver(other.options, message(1, 100), message(2, 7, { type: 'purchase.recorded.v9' }), message(3, 10));
  expect(other.deadLetters.count()).toBe(2);
  other.options.onWatermark!(SOURCE, watermark(30));
  expect(await net(other.ledgers.at(SOURCE, position(30)))).toBe(100);

  const consumer = `contribution@${SOURCE}`;
  expect(await other.ledgers.redrive(consumer, 'c1')).toMatchObject({ redriven: 0, failed: expect.stringContaining('not known') });
  expect(await other.ledgers.redrive('contribution@another', 'c1')).toBeUndefined();
  await other.ledgers.close();
});

test('what another process took in after all, while it owned the partition, is inside when the partition comes back', async () => {
  const consumer = `contribution@${SOURCE}`;
  const waits = message(1, 7);
  const mine = await owning('mine');
  const { id: itemId, type, position: at } = waits;
  await mine.deadLetters.park({ consumer, key: 'c1', source: SOURCE, itemId, type, position: at, reason: 'test', item: waits as never });
  await assign(mine.options, [SOURCE]);
  await deliver(mine.options, waits, message(2, 10), message(3, 100, { key: 'c2' }));
  await mine.options.onRevoked!([SOURCE]);

  const theirs = await owning('theirs');
  await assign(theirs.options, [SOURCE]);
  await deliver(theirs.options, waits, message(2, 10), message(3, 100, { key: 'c2' }));
  expect(await theirs.ledgers.redrive(consumer, 'c1')).toEqual({ redriven: 2 });
  await theirs.ledgers.close();

  for (let times = 0; times < 2; times++) {
    expect(await assign(mine.options, [SOURCE])).toEqual({ [SOURCE]: position(3) });
    mine.options.onWatermark!(SOURCE, watermark(30));
    expect(await net(mine.ledgers.at(SOURCE, position(30)))).toBe(117);
    await mine.options.onRevoked!([SOURCE]);
  }
  await mine.ledgers.close();
  const again = await owning('theirs');
  await assign(again.options, [SOURCE]);
  again.options.onWatermark!(SOURCE, watermark(30));
  expect(await net(again.ledgers.at(SOURCE, position(30)))).toBe(117);
  await again.ledgers.close();

  // A ledger begun after that has taken everything in on its way.
  const later = await owning('later');
  await assign(later.options, [SOURCE]);
  await deliver(later.options, waits, message(2, 10), message(3, 100, { key: 'c2' }));
  later.options.onWatermark!(SOURCE, watermark(30));
  expect(await net(later.ledgers.at(SOURCE, position(30)))).toBe(117);
  await later.ledgers.close();
});

test('a re-driven message shows from the next watermark on', async () => {
  const { options, ledgers, deadLetters } = await owning();
  await assign(options, [SOURCE]);
  // The letter waits behind one that a person has set right meanwhile.
  const consumer = `contribution@${SOURCE}`;
  const waits = message(1, 7);
  const { id: itemId, type } = waits;
  await deadLetters.park({
    consumer,
    key: 'c1',
    source: SOURCE,
    itemId,
    type,
    position: waits.position,
    reason: 'test',
    item: waits as never,
  });
  await deliver(options, waits, message(2, 10));
  options.onWatermark!(SOURCE, watermark(20));
  expect(await net(ledgers.at(SOURCE, position(20)))).toBeUndefined();
  expect(await ledgers.redrive(consumer, 'c1')).toEqual({ redriven: 2 });
  expect(ledgers.at(SOURCE, position(20))).toBe('awaited');
  options.onWatermark!(SOURCE, watermark(20));
  expect(await net(ledgers.at(SOURCE, position(20)))).toBe(17);
  await ledgers.close();
});
