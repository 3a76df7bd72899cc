import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differencesOf } from './diff-topics';
import { readTopics, settingsOf, type TopicSpec } from './topic-spec';

const one = (members: string): string => `topics:\n  - {name: a.v1, partitions: 3, retentionHours: forever${members}}`;

describe('topics', () => {
  it('are read from the file that the platform ships', () => {
    const topics = readTopics(readFileSync(join(__dirname, '../../../../../infra/kafka/topics.yaml'), 'utf8'));
    expect(topics.map(({ name, partitions }) => `${name} ${partitions}`)).toEqual([
      'purchase.events.v1 12',
      'store.events.v1 1',
      'access.tokens.v1 1',
      'purchase.intake.v1 12',
      'purchase.intake-results.v1 12',
      'loyalty-tier.rankings.v1 1',
    ]);
    expect(topics.map((topic) => settingsOf(topic)['retention.ms'])).toEqual(['-1', '-1', '-1', '604800000', '604800000', '3600000']);
  });

  it('have defaults', () => {
    expect(readTopics(one(''))).toEqual([{ name: 'a.v1', partitions: 3, retentionHours: 'forever', cleanup: 'delete', config: {} }]);
  });

  it.each([
    ['topics: [', 'no YAML'],
    ['', 'file'],
    ['topics: []', 'topics'],
    [one(', partition: 4'), 'partition'],
    [one('').replace('a.v1', '../a'), 'topics.0.name'],
    [one('').replace('3', '0'), 'topics.0.partitions'],
    [one('').replace('3', '2.5'), 'topics.0.partitions'],
    [one('').replace('forever', '-1'), 'topics.0.retentionHours'],
    [one(', cleanup: both'), 'topics.0.cleanup'],
    [one(', config: {retention.ms: 5}'), 'topics.0.config'],
    [`${one('')}\n${one('').split('\n')[1]}`, 'twice'],
  ])('are refused: %j', (yaml, place) => {
    expect(() => readTopics(yaml)).toThrow(place);
  });
});

describe('differences', () => {
  const spec = readTopics(one(', config: {segment.ms: 600000}'))[0] as TopicSpec;
  const settings = { 'retention.ms': '-1', 'cleanup.policy': 'delete', 'segment.ms': '600000', 'other.setting': 'x' };

  it('are none where all is as it must be', () => {
    expect(differencesOf(spec, 'a.v1-x', { name: 'a.v1-x', partitions: 3, settings, ownSettings: {} })).toEqual([]);
  });

  it('name what is missing, partitioned otherwise or set otherwise', () => {
    expect(differencesOf(spec, 'a.v1-x', undefined)).toEqual([{ kind: 'missing', topic: 'a.v1-x', expected: 3 }]);
    const found = { name: 'a.v1-x', partitions: 4, settings: { ...settings, 'cleanup.policy': 'compact' }, ownSettings: {} };
    expect(differencesOf(spec, 'a.v1-x', found)).toEqual([
      { kind: 'partitions', topic: 'a.v1-x', expected: 3, found: 4 },
      { kind: 'setting', topic: 'a.v1-x', setting: 'cleanup.policy', expected: 'delete', found: 'compact' },
    ]);
  });
});
