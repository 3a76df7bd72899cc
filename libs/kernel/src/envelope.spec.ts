import { schemaVersionOf } from './envelope';

describe('the schema version of an event type', () => {
  it.each([
    ['purchase.recorded.v1', 1],
    ['loyalty-tier.customer-promoted.v12', 12],
    ['store.v2.changed.v3', 3],
  ])('of %s is %i', (type, version) => {
    expect(schemaVersionOf(type)).toBe(version);
  });

  it.each(['purchase.recorded', 'purchase.v1.recorded', 'purchase.recorded.v', 'purchase.recorded.v1a', 'purchase.recordedv1', ''])(
    'is missing in %j',
    (type) => {
      expect(() => schemaVersionOf(type)).toThrow('carries no version');
    },
  );
});
