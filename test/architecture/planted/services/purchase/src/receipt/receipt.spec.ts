// caught by: nothing
import { door } from '@regulars/testing';
import { door as store } from '@regulars/adapter-embedded';

test('specs may use doubles, real adapters, fractions and the clock', () => {
  expect([door, store, 0.5, Date.now()]).toHaveLength(4);
});
