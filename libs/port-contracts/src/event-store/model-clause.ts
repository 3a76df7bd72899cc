import fc from 'fast-check';
import type { Append, AppendOutcome, ExpectedRevision } from '@regulars/ports';
import { clause, type EventStoreClause } from './clause';
import { appendOf, assertSame, everything, idsOf } from './samples';

const RUNS = 25;
const STREAMS = ['a', 'b', '__proto__'];

/** One append of a history: where to expect the stream relative to what it is, and whether to repeat an earlier append instead. */
interface Step {
  readonly stream: number;
  readonly offset: number;
  readonly events: number;
  readonly repeatOf: number | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  stream: fc.nat({ max: STREAMS.length - 1 }),
  offset: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }) }),
  events: fc.integer({ min: 1, max: 3 }),
  repeatOf: fc.option(fc.nat({ max: 30 }), { nil: undefined, freq: 3 }),
});

/** What the port says, as plainly as it can be put. */
class Model {
  readonly all: string[] = [];
  private readonly streams = new Map<string, string[]>();

  ids(streamId: string): readonly string[] {
    return this.streams.get(streamId) ?? [];
  }

  append({ streamId, expected, events }: Append): string {
    const there = this.ids(streamId);
    const from = expected === 'no-stream' ? 0 : expected + 1;
    const ids = events.map(({ id }) => id);
    if (from === there.length) {
      this.streams.set(streamId, [...there, ...ids]);
      this.all.push(...ids);
      return `appended ${from + ids.length - 1}`;
    }
    if (ids.every((id, index) => there[from + index] === id)) return `repeated ${from + ids.length - 1}`;
    return `conflict ${there.length === 0 ? 'no-stream' : there.length - 1}`;
  }
}

function describeOutcome(outcome: AppendOutcome): string {
  if (outcome.outcome === 'conflict') return `conflict ${outcome.actual}`;
  return `${outcome.repeated ? 'repeated' : 'appended'} ${outcome.revision}`;
}

function toAppend(
  { stream, offset, events, repeatOf }: Step,
  number: number,
  made: readonly Append[],
  lengths: Map<string, number>,
): Append {
  const earlier = repeatOf === undefined ? undefined : made[repeatOf];
  if (earlier) return earlier;
  const streamId = STREAMS[stream] as string;
  const revision = (lengths.get(streamId) ?? 0) - 1 + offset;
  const expected: ExpectedRevision = revision < 0 ? 'no-stream' : revision;
  return appendOf(streamId, expected, ...Array.from({ length: events }, (_, index) => `${number}.${index}`));
}

/** Any history of appends, in any grouping, against the model. */
export const modelClause: EventStoreClause = {
  name: 'any history of appends ends as a plain model says',
  check: async (subject) => {
    const run = async (groups: readonly (readonly Step[])[], reopens: boolean) => {
      const history = clause('history', async (trial) => {
        const model = new Model();
        const made: Append[] = [];
        const lengths = new Map<string, number>();
        for (const group of groups) {
          const expected: string[] = [];
          const appends = group.map((next) => {
            const append = toAppend(next, made.length, made, lengths);
            made.push(append);
            expected.push(model.append(append));
            lengths.set(append.streamId, model.ids(append.streamId).length);
            return append;
          });
          assertSame((await trial.store.appendMany(appends)).map(describeOutcome), expected, 'outcomes');
        }
        if (reopens && subject.reopen) await trial.reopen();
        assertSame(idsOf(await everything(trial.store)), model.all, 'everything');
        for (const streamId of STREAMS)
          assertSame(idsOf(await trial.store.readStream(streamId)), model.ids(streamId), `stream ${streamId}`);
      });
      await history.check(subject);
    };
    const groups = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 8 });
    await fc.assert(fc.asyncProperty(groups, fc.boolean(), run), { numRuns: RUNS });
  },
};
