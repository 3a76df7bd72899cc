import fc from 'fast-check';
import { sourceName } from '../messages/source-name';
import { type Sharer, shareOut } from './share-out';

const partitionsOf = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));
const joining = (names: readonly string[], topics: readonly string[], held: Readonly<Record<string, readonly string[]>> = {}): Sharer[] =>
  names.map((memberId) => ({ memberId, topics, held: held[memberId] ?? [] }));

describe('sharing out', () => {
  const counts = fc.record({ a: fc.integer({ min: 1, max: 13 }), b: fc.integer({ min: 1, max: 5 }) });
  const names = fc.uniqueArray(fc.constantFrom('m1', 'm2', 'm3', 'm4', 'm5'), { minLength: 1 });

  it('gives every partition to one member, evenly', () => {
    fc.assert(
      fc.property(
        counts,
        names,
        fc.array(fc.tuple(fc.constantFrom('m1', 'm2', 'm3'), fc.constantFrom('a/0', 'a/1', 'a/5', 'b/0'))),
        (some, members, claims) => {
          const claimed: Record<string, string[]> = {};
          for (const [member, source] of claims) (claimed[member] ??= []).push(source);
          const shares = shareOut(partitionsOf(some), joining(members, ['a', 'b'], claimed));
          const given = [...shares.values()].flat().map(sourceName);
          expect(given.sort()).toEqual(partitionsOf(some).map(sourceName).sort());
          for (const topic of ['a', 'b']) {
            const sizes = [...shares.values()].map((share) => share.filter((partition) => partition.topic === topic).length);
            expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('moves only what it must when a member comes or goes', () => {
    fc.assert(
      fc.property(counts, names, fc.boolean(), (some, members, comes) => {
        const before = shareOut(partitionsOf(some), joining(members, ['a', 'b']));
        const held = Object.fromEntries([...before].map(([member, share]) => [member, share.map(sourceName)]));
        const then = comes ? [...members, 'new'] : members.slice(1);
        fc.pre(then.length > 0);
        const after = shareOut(partitionsOf(some), joining(then, ['a', 'b'], held));
        for (const topic of ['a', 'b'] as const) {
          const most = Math.ceil(some[topic] / then.length);
          for (const [member, share] of after) {
            const had = (held[member] ?? []).filter((name) => name.startsWith(`${topic}/`));
            const kept = share.map(sourceName).filter((name) => had.includes(name));
            expect(kept.length).toBeGreaterThanOrEqual(Math.min(had.length, most - 1));
          }
        }
        expect(shareOut(partitionsOf(some), joining([...then].reverse(), ['a', 'b'], held))).toEqual(after);
      }),
    );
  });

  it('gives nobody what it did not ask for', () => {
    const members: Sharer[] = [
      { memberId: 'old', topics: ['a'], held: [] },
      { memberId: 'new', topics: ['a', 'b'], held: [] },
    ];
    const shares = shareOut(partitionsOf({ a: 2, b: 2 }), members);
    expect(shares.get('old')?.map(sourceName)).toHaveLength(1);
    expect(shares.get('new')?.filter(({ topic }) => topic === 'b')).toHaveLength(2);
  });
});
