import { type Decider, fixedClock, naturalId, type NewEvent, type Refusal, refused } from '@regulars/kernel';
import type { Append, AppendOutcome } from '@regulars/ports';
import { InMemoryEventStore } from '@regulars/testing';
import { fold, handleCommand, handleCommands, type StreamCommand } from './handle-commands';

/** A shelf of named boxes: each is filled once, `add` puts one more into a box of its own number. */
type Command = { readonly fill: string; readonly with: number } | { readonly add: number };
type Filled = NewEvent<'box.filled.v1', { readonly box: string; readonly content: number }>;
type Shelf = Readonly<Record<string, number>>;

const occurredAt = '2026-03-01T09:00:00.000Z';
const filled = (box: string, content: number): readonly Filled[] => [
  { type: 'box.filled.v1', id: naturalId('box', box), occurredAt, data: { box, content } },
];
const shelf: Decider<Command, Filled, Shelf> = {
  initialState: () => ({}),
  evolve: (boxes, { data }) => ({ ...boxes, [data.box]: data.content }),
  decide(command, boxes): readonly Filled[] | Refusal {
    if ('add' in command) return filled(`number ${Object.keys(boxes).length}`, command.add);
    if (command.with < 0) return refused('purchase.amount', 'nothing to fill it with');
    const before = boxes[command.fill];
    if (before === undefined) return filled(command.fill, command.with);
    return before === command.with ? [] : refused('purchase.conflict', 'filled with something else');
  },
};

const onto = (streamId: string, command: Command): StreamCommand<Command> => ({ streamId, command, chain: 'demo', correlationId: 'c1' });
const fill = (box: string, content: number) => onto('shelf-1', { fill: box, with: content });
const newStore = () => new InMemoryEventStore(fixedClock(0));
const shelfOf = async (store: InMemoryEventStore, streamId = 'shelf-1') => fold(shelf, await store.readStream(streamId));

/** Somebody else's appends come first, as often as told. */
class RacedStore extends InMemoryEventStore {
  calls = 0;
  readsOfStream = 0;

  constructor(private rivals: number) {
    super(fixedClock(0));
  }

  override async appendMany(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    this.calls++;
    if (this.rivals-- > 0) {
      const stream = await super.readStream('shelf-1');
      const events = filled(`rival ${stream.length}`, 1).map((event) => ({ ...event, chain: 'demo', correlationId: 'rival' }));
      await super.appendMany([{ streamId: 'shelf-1', expected: stream.length === 0 ? 'no-stream' : stream.length - 1, events }]);
    }
    return super.appendMany(appends);
  }

  override readStream(streamId: string) {
    this.readsOfStream++;
    return super.readStream(streamId);
  }
}

describe('a command', () => {
  it('begins a stream, with what came with it beside the event', async () => {
    const store = newStore();
    const request = { ...fill('a', 1), store: 's1', causationId: 'request-1', traceparent: '00-trace' };
    const result = await handleCommand(store, shelf, request);
    const [stored] = await store.readStream('shelf-1');
    expect(stored).toMatchObject({ ...filled('a', 1)[0], revision: 0, chain: 'demo', store: 's1' });
    expect(stored).toMatchObject({ correlationId: 'c1', causationId: 'request-1', traceparent: '00-trace' });
    expect(result).toEqual({ outcome: 'done', events: filled('a', 1), position: stored?.position, revision: 0 });
  });

  it('is decided on what is there and appended behind it', async () => {
    const store = newStore();
    await handleCommand(store, shelf, fill('a', 1));
    expect(await handleCommand(store, shelf, fill('b', 2))).toMatchObject({ outcome: 'done', revision: 1 });
    expect(await shelfOf(store)).toEqual({ a: 1, b: 2 });
  });

  it('that changes nothing answers the history, and writes nothing', async () => {
    const store = newStore();
    await handleCommand(store, shelf, fill('a', 1));
    const head = await store.head();
    expect(await handleCommand(store, shelf, fill('a', 1))).toEqual({ outcome: 'unchanged', history: await store.readStream('shelf-1') });
    expect(await store.head()).toBe(head);
  });

  it('that may not be is refused, with the history', async () => {
    const store = newStore();
    expect(await handleCommand(store, shelf, fill('a', -1))).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'purchase.amount' },
      history: [],
    });
    await handleCommand(store, shelf, fill('a', 1));
    expect(await handleCommand(store, shelf, fill('a', 2))).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'purchase.conflict' },
      history: [{ data: { box: 'a', content: 1 } }],
    });
    expect(await shelfOf(store)).toEqual({ a: 1 });
  });
});

describe('a stream expected to be new', () => {
  it('is not read first', async () => {
    const store = new RacedStore(0);
    expect(await handleCommand(store, shelf, fill('a', 1), { expectNew: true })).toMatchObject({ outcome: 'done', revision: 0 });
    expect(store.readsOfStream).toBe(0);
  });

  it('is read and decided on where it is not new after all', async () => {
    const store = newStore();
    await handleCommand(store, shelf, fill('a', 1));
    const results = await handleCommands(store, shelf, [fill('b', 2), fill('a', 1)], { expectNew: true });
    expect(results).toMatchObject([{ outcome: 'done', revision: 1 }, { outcome: 'unchanged' }]);
  });

  it('with the same event ids and other content is refused by its decider, not taken for a repeat', async () => {
    const store = newStore();
    await handleCommand(store, shelf, fill('a', 1));
    expect(await handleCommand(store, shelf, fill('a', 2), { expectNew: true })).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'purchase.conflict' },
    });
    expect(await shelfOf(store)).toEqual({ a: 1 });
  });
});

describe('a revision conflict', () => {
  it('is decided again on what came first', async () => {
    const store = new RacedStore(7);
    expect(await handleCommand(store, shelf, fill('a', 1))).toMatchObject({ outcome: 'done', revision: 7 });
    expect(Object.keys(await shelfOf(store))).toHaveLength(8);
    expect(store.calls).toBe(8);
  });

  it('gives up after the eighth, and has written nothing', async () => {
    const store = new RacedStore(Infinity);
    await expect(handleCommand(store, shelf, fill('a', 1))).rejects.toThrow('Gave up after 8 revision conflicts on shelf-1');
    expect(store.calls).toBe(8);
    expect(await shelfOf(store)).not.toHaveProperty('a');
  });

  it('on one stream does not hold up the others', async () => {
    const store = new RacedStore(1);
    const results = await handleCommands(store, shelf, [fill('a', 1), onto('shelf-2', { fill: 'a', with: 2 })]);
    expect(results).toMatchObject([
      { outcome: 'done', revision: 1 },
      { outcome: 'done', revision: 0 },
    ]);
  });
});

describe('several commands for one stream in one call', () => {
  it.each([true, false])('take effect in their order (expected new: %s)', async (expectNew) => {
    const store = newStore();
    const results = await handleCommands(
      store,
      shelf,
      [fill('a', 1), onto('shelf-2', { add: 5 }), fill('a', 1), fill('a', 2), fill('b', 3)],
      {
        expectNew,
      },
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'unchanged', 'refused', 'done']);
    expect(await shelfOf(store)).toEqual({ a: 1, b: 3 });
  });

  it('are no conflicts of each other, however many', async () => {
    const store = newStore();
    const many = Array.from({ length: 40 }, (_, number) => onto('shelf-1', { add: number }));
    const results = await handleCommands(store, shelf, many, { expectNew: true });
    expect(results.map((result) => result.outcome === 'done' && result.revision)).toEqual(many.map((_, revision) => revision));
    expect(Object.values(await shelfOf(store))).toEqual(many.map((_, number) => number));
  });

  it('keep their order behind a rival’s append', async () => {
    const store = new RacedStore(1);
    await handleCommands(store, shelf, [onto('shelf-1', { add: 10 }), onto('shelf-1', { add: 11 })], { expectNew: true });
    expect(Object.values(await shelfOf(store))).toEqual([1, 10, 11]);
  });
});
