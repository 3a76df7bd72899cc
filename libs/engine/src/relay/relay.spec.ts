import fc from 'fast-check';
import type { RelayBatch } from '@regulars/ports';
import { LEASE_MS, type Plant, RelayWorld } from '../../spec-support/relay-world';
import { HeldLease } from './lease';
import type { RelayOptions } from './relay-options';

/** What may happen, one after the other; numbers choose among the processes there are. */
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 9 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('advance' as const), count: fc.constantFrom(50, 120, 1_100, LEASE_MS, 2 * LEASE_MS) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'start',
          'freeze',
          'thaw',
          'lose',
          'cut',
          'heal',
          'dieAfterPublish',
          'dieBeforeCheckpoint',
          'restart' as const,
        ),
        count: fc.nat({ max: 5 }),
      }),
    },
  ),
  { minLength: 4, maxLength: 25 },
);
type Step = { readonly kind: string; readonly count: number };

async function play(world: RelayWorld, { kind, count }: Step): Promise<void> {
  const process = world.processes[count % world.processes.length];
  if (kind === 'append') return world.append(count);
  if (kind === 'advance') return world.time.advance(count);
  if (kind === 'restart') return world.consumers[1]?.restart();
  if (kind === 'start' && world.processes.length < 4) world.start();
  if (!process) return;
  if (kind === 'freeze') process.freeze();
  if (kind === 'thaw') process.thaw();
  if (kind === 'lose') process.loseAfter = count;
  if (kind === 'cut') process.cutOff = true;
  if (kind === 'heal') process.cutOff = false;
  if (kind === 'dieAfterPublish') process.diesAt = 'relay.after-publish';
  if (kind === 'dieBeforeCheckpoint') process.diesAt = 'relay.before-checkpoint';
}

/** That whatever happens, every consumer gets each message once, in order, and is told only what is true. */
const carriesEverything = (plant?: Plant) =>
  fc.asyncProperty(steps, async (all) => {
    const world = new RelayWorld(plant);
    try {
      world.start();
      for (const step of all) await play(world, step);
      await world.assertEverythingCarried();
    } finally {
      await world.close();
    }
  });

/** Answers before the batch is on the bus, so that the checkpoint comes first. */
const checkpointBeforePublish: Plant = (options) => {
  let waiting: Promise<void> = Promise.resolve();
  const { bus, failpoint } = options;
  return {
    ...options,
    bus: {
      publish: (messages) => bus.publish(messages),
      consume: (asked) => bus.consume(asked),
      relay: async (batch) => {
        waiting = waiting.then(async () => {
          await failpoint?.('late');
          await new Promise((resolve) => setImmediate(resolve));
          await bus.relay(batch);
        });
        waiting.catch(() => undefined);
      },
    },
  };
};

const watermarkFirst: Plant = (options) => ({
  ...options,
  bus: Object.assign(Object.create(options.bus) as RelayOptions['bus'], {
    relay: async (batch: RelayBatch) => {
      await options.bus.relay({ ...batch, messages: [] });
      await options.bus.relay({ ...batch, watermark: undefined });
    },
  }),
});

describe('a relay', () => {
  test('brings each message once and in order to every consumer, whatever crashes, freezes, is cut off or answers late', async () => {
    await fc.assert(carriesEverything(), { numRuns: 150 });
  });

  describe('would be caught', () => {
    afterEach(() => jest.restoreAllMocks());

    async function reasonOfFailure(plant?: Plant): Promise<string> {
      const details = await fc.check(carriesEverything(plant), { numRuns: 500, seed: 7, endOnFailure: true });
      return String(details.errorInstance);
    }

    test('if it saved its checkpoint before it has published', async () => {
      expect(await reasonOfFailure(checkpointBeforePublish)).toMatch(/messages of/);
    });

    test('if it did not look at its lease before it publishes', async () => {
      jest.spyOn(HeldLease.prototype, 'isHeld').mockReturnValue(true);
      expect(await reasonOfFailure()).toMatch(/epoch \d+ published after/);
    });

    test('if its watermarks ran ahead of its messages', async () => {
      expect(await reasonOfFailure(watermarkFirst)).toMatch(/messages of|after a watermark that covers it/);
    });
  });
});
