import assert from 'node:assert/strict';
import { clause, idsOf, messagesOfAllKeys } from './clause';
import type { EventBusClause, Trial } from './clause';

/** Publishes messages of all keys; answers them, and the sources they lie in. */
async function spread(trial: Trial): Promise<{ readonly ids: readonly string[]; readonly sources: readonly string[] }> {
  const ids = idsOf(messagesOfAllKeys(trial, 'm', 40));
  await trial.bus.publish(messagesOfAllKeys(trial, 'm', 40));
  const scout = trial.watch({ group: 'scout' });
  await scout.untilHas(ids);
  await trial.within('close', scout.consumption.close());
  return { ids, sources: [...new Set(scout.messages().map(({ source }) => source))] };
}

/** Counts the batches under way. */
class UnderWay {
  readonly sources: string[] = [];
  most = 0;
  twice = false;

  async during(source: string, work: Promise<void>): Promise<void> {
    this.twice ||= this.sources.includes(source);
    this.sources.push(source);
    this.most = Math.max(this.most, this.sources.length);
    await work;
    this.sources.splice(this.sources.indexOf(source), 1);
  }
}

/** How many batches may be under way. On a bus with one source there is never more than one. */
export const concurrencyClauses: readonly EventBusClause[] = [
  clause('as many sources as asked for have a batch under way at once, one each, of one source', async (trial) => {
    const { ids, sources } = await spread(trial);
    for (const sourcesAtOnce of [undefined, 2, 100]) {
      const expected = Math.min(sourcesAtOnce ?? 1, sources.length);
      const gate = trial.gate();
      const underWay = new UnderWay();
      let mixed = false;
      const watcher = trial.watch({ group: `g-${sourcesAtOnce}`, sourcesAtOnce, batchMessagesMax: 3 }, async (messages) => {
        const [first] = messages;
        if (!first) return;
        mixed ||= messages.some(({ source }) => source !== first.source);
        await underWay.during(first.source, gate.opened);
      });
      await trial.until(`${expected} batches under way`, () => underWay.sources.length >= expected);
      gate.open();
      await watcher.untilHas(ids);
      assert.equal(underWay.most, expected, `batches under way with sourcesAtOnce ${sourcesAtOnce}`);
      assert.equal(underWay.twice, false, 'two batches of one source');
      if (sourcesAtOnce) assert.equal(mixed, false, 'a batch of several sources');
      await trial.within('close', watcher.consumption.close());
    }
  }),

  clause('a source whose batch takes long does not hold up the others', async (trial) => {
    const { sources } = await spread(trial);
    const gate = trial.gate();
    const slow = sources[0];
    const watcher = trial.watch({ group: 'uneven', sourcesAtOnce: 100, batchMessagesMax: 2 }, (messages) =>
      messages[0]?.source === slow ? gate.opened : Promise.resolve(),
    );
    const others = trial.watch({ group: 'even' });
    await watcher.until('the slow batch', () => watcher.messages().some(({ source }) => source === slow));
    const later = messagesOfAllKeys(trial, 'later', 20);
    await trial.bus.publish(later);
    await others.untilHas(idsOf(later));
    const beside = others.messages().filter(({ source }) => source !== slow);
    await watcher.untilHas(idsOf(beside));
    gate.open();
    await watcher.untilHas(others.ids());
  }),
];
