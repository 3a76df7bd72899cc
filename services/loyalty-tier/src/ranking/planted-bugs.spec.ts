import type { CodedError } from '@regulars/kernel';
import type { EventBus, Watermark } from '@regulars/ports';
import type { ContributionSource } from '../contribution/contribution-source';
import { LedgerWorkers } from '../contribution/ledger-workers';
import type { LedgerSnapshot } from '../contribution/snapshot';
import { Moments } from '../partitions/moments';
import { pyramid } from '../pyramid/pyramid';
import { Cluster, type Happening } from '../spec-support/cluster';
import { sale } from '../spec-support/purchases';
import type { Content } from './messages';
import { RoundAnswers } from './round-answers';

const workers = new LedgerWorkers();
afterAll(() => workers.close());
afterEach(() => jest.restoreAllMocks());

const log: Happening[] = [
  { store: 's1', region: 'north' },
  ...Array.from({ length: 60 }, (_, i) => sale(`c${(i * 7) % 19}`, (i % 5) * 100)),
];
const query = { asOf: '2026-12-31', currency: 'EUR' };

/** Whoever follows the stores hears of each watermark only when the next has come: the partitions are further than what is asked for. */
function behind(bus: EventBus): EventBus {
  return {
    publish: (messages) => bus.publish(messages),
    consume: (options) => {
      if (!options.group.startsWith('loyalty-tier.stores.')) return bus.consume(options);
      const last = new Map<string, Watermark>();
      const onWatermark = (source: string, watermark: Watermark): void => {
        const before = last.get(source);
        last.set(source, watermark);
        if (before) options.onWatermark?.(source, before);
      };
      return bus.consume({ ...options, onWatermark });
    },
  };
}

/** Asks while purchases stream in; the answers beside those of one ledger at the same positions. */
async function course<Answer extends { position: string | null }>(
  ask: (source: ContributionSource) => Promise<Answer>,
): Promise<{ answered: Answer[]; whole: Answer[] }> {
  const cluster = new Cluster(3, workers, log, behind);
  const answered: Answer[] = [];
  const whole: Answer[] = [];
  try {
    for (const name of ['one', 'two']) await cluster.start(name, { attemptMs: 2_000, attempts: 1 });
    for (let to = 1; to <= log.length; to += 15) {
      await cluster.relay(Math.max(0, to - 15), to);
      await cluster.relay(to, to);
      if (to + 15 <= log.length) await cluster.relay(to, to + 15);
      answered.push(await ask(cluster.instance(to).ledger()));
    }
    for (const { position } of answered) {
      const ledger = await cluster.whole(position!);
      whole.push(await ask(ledger));
      await ledger.close();
    }
  } finally {
    await cluster.close();
  }
  return { answered, whole };
}

const digests = (source: ContributionSource) => source.digestAtPosition();
const pyramids = (source: ContributionSource) => pyramid(source, query);

test('without a bug, every answer is that of one ledger at its position', async () => {
  for (const { answered, whole } of [await course<{ position: string | null }>(digests), await course(pyramids)]) {
    expect(answered).toEqual(whole);
    expect(new Set(answered.map(({ position }) => position)).size).toBeGreaterThan(1);
  }
});

const contents = RoundAnswers.prototype.contents;
const bugs: [string, () => void][] = [
  [
    'the ledger is looked at later than at the position asked for',
    () =>
      jest.spyOn(Moments.prototype, 'at').mockImplementation(function (this: Moments) {
        return (this as unknown as { kept: { snapshot: LedgerSnapshot }[] }).kept.at(-1)?.snapshot;
      }),
  ],
  [
    'a partition that answers twice is counted twice',
    () =>
      jest.spyOn(RoundAnswers.prototype, 'contents').mockImplementation(function (this: RoundAnswers): Content[] {
        const once = contents.call(this);
        return [...once, once[0]!];
      }),
  ],
  [
    'a partition that has not answered is left out',
    () =>
      jest.spyOn(RoundAnswers.prototype, 'complete').mockImplementation(function (this: RoundAnswers) {
        return contents.call(this).length > 0;
      }),
  ],
];

test.each(bugs)('caught: %s', async (_, plant) => {
  plant();
  const { answered, whole } = await course(digests);
  expect(answered).not.toEqual(whole);
  // Of a ranking, the partitions' counts are checked against each other as well: it may fail rather than be wrong.
  const ranked = await course(pyramids).catch((error: CodedError) => error.code);
  if (ranked !== 'platform.busy') expect(ranked).not.toEqual(expect.objectContaining({ answered: (ranked as { whole: unknown }).whole }));
});
