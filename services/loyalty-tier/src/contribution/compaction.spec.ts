import { compactionPlan } from './compaction';
import { allocateSegment, type Segment } from './segment';

let id = 1;
const segment = (rows: number): Segment => ({ ...allocateSegment('arrival', 1, 0, 0), id: id++, rows });
const planned = (...rows: number[]): number[] => compactionPlan(rows.map(segment)).map((one) => one.rows);

test('eight segments of about equal size are merged, with all smaller ones; bigger ones are left alone', () => {
  expect(planned()).toEqual([]);
  expect(planned(...Array(7).fill(250_000), 4_000_000)).toEqual([]);
  expect(planned(...Array(8).fill(250_000), 4_000_000, 10)).toEqual([10, ...Array(8).fill(250_000)]);
});

test('however long it grows, there are few segments and each row is rewritten a few times', () => {
  let segments: Segment[] = [];
  let written = 0;
  for (let flush = 0; flush < 1_000; flush++) {
    segments.push(segment(20_000));
    const plan = compactionPlan(segments);
    const rows = plan.reduce((sum, one) => sum + one.rows, 0);
    written += rows;
    if (plan.length > 0) segments = [...segments.filter((one) => !plan.includes(one)), segment(rows)];
    expect(segments.length).toBeLessThan(40);
  }
  expect(written / (1_000 * 20_000)).toBeLessThan(6);
});
