import { LOG_SOURCE } from '@regulars/engine';
import type { LedgerSnapshot } from '../contribution/snapshot';
import { position } from '../spec-support/purchases';
import { Moments } from './moments';

const shown = (n: number) => ({ positions: { [LOG_SOURCE]: position(n) } }) as unknown as LedgerSnapshot;

test('moments are let go when they are old, all but the last, though nothing comes any more', () => {
  let now = 0;
  const moments = new Moments({ now: () => now });
  for (let n = 1; n <= 100; n++) moments.add(position(n), shown(n));
  expect(moments.at(position(36))).toBeUndefined();
  expect(moments.at(position(37))).toEqual(shown(37));
  now = 30_001;
  moments.forget();
  expect(moments.at(position(99))).toBeUndefined();
  expect(moments.at(position(100))).toEqual(shown(100));
  now = 90_000;
  moments.forget();
  expect(moments.last).toBe(position(100));
  moments.clear();
  moments.forget();
  expect(moments.last).toBeUndefined();
});
