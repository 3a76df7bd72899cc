import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { SHARDS, StreamHeads } from './stream-heads';

describe('The table of stream heads', () => {
  it('says what a map says, whatever hashes collide', () => {
    const moves = fc.array(fc.nat({ max: 60 }), { maxLength: 400 });
    fc.assert(
      fc.property(moves, fc.constantFrom(1, 2, 0xffff_ffff), (streams, hashes) => {
        const heads = new StreamHeads((streamId, out) => out.fill((Number(streamId) * 0x9e37_79b9) % hashes));
        const map = new Map<string, number>();
        streams.forEach((stream, index) => {
          const streamId = String(stream);
          expect(heads.move(streamId, map.get(streamId) ?? 0, index + 1)).not.toBeUndefined();
          map.set(streamId, index + 1);
        });
        expect(heads.count).toBe(map.size);
        for (const [streamId, head] of map) expect(heads.candidates(streamId)).toContain(head);
      }),
    );
  });

  it('keeps a head that is not where the mover believes', () => {
    const heads = new StreamHeads();
    heads.move('s', 0, 100);
    expect(heads.move('s', 50, 200)).toBeUndefined();
    expect(heads.move('t', 50, 200)).toBeUndefined();
    expect(heads.candidates('s')).toEqual([100]);
    expect(heads.count).toBe(1);
  });

  it('takes at most 24 bytes a stream when there are many', () => {
    // In a process of its own: the sandbox of the test runner makes every use of Math slow.
    const script = `
      const { StreamHeads } = require(${JSON.stringify(join(__dirname.replace('/src/', '/dist/'), 'stream-heads.js'))});
      const heads = new StreamHeads();
      let most = 0;
      for (let index = 1; index <= 1_200_000; index++) {
        heads.move('purchase-' + index, 0, index);
        if (index >= 1_000_000 && index % 20_000 === 0) most = Math.max(most, heads.bytes / heads.count);
      }
      console.log(JSON.stringify({ most, found: heads.candidates('purchase-777777'), count: heads.count }));`;
    const child = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(child.stderr).toBe('');
    const { most, found, count } = JSON.parse(child.stdout) as { most: number; found: number[]; count: number };
    expect(most).toBeLessThanOrEqual(24);
    expect([found, count]).toEqual([[777_777], 1_200_000]);
  });

  it('tells a part that differs', () => {
    const [one, other] = [new StreamHeads(), new StreamHeads()];
    for (const heads of [one, other]) for (let index = 1; index < 1000; index++) heads.move(`s-${index}`, 0, index);
    other.move('s-500', 500, 2000);
    const differing = Array.from({ length: SHARDS }, (_, shard) => shard).filter((shard) => !one.hasSameShard(other, shard));
    expect(differing).toEqual([one.shardOf('s-500')]);
  });
});
