import { instanceLagSeconds } from './status';

const NOW = Date.parse('2026-06-01T12:01:00Z');
const watermark = { logPosition: '1', observedAt: '2026-06-01T12:00:00Z' };
const partition = (lagSeconds: number | null) => ({ source: 'a', position: null, logPosition: null, lagSeconds });

describe('the lag of an instance', () => {
  it('is that of the partition furthest behind', () => {
    expect(instanceLagSeconds({ watermark, partitions: [partition(90), partition(70)] }, NOW)).toBe(90);
  });
  it('grows where no partition is owned, or one has not been told of the log since a restart', () => {
    expect(instanceLagSeconds({ watermark, partitions: [] }, NOW)).toBe(60);
    expect(instanceLagSeconds({ watermark, partitions: [partition(null)] }, NOW + 5_000)).toBe(65);
  });
  it('is not known before anything is told of the log', () => {
    expect(instanceLagSeconds({ watermark: null, partitions: [partition(null)] }, NOW)).toBeNull();
  });
});
