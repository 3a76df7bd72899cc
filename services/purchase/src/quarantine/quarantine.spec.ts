import { specOf } from '@regulars/testing';
import { quarantine, type QuarantineCommand } from './decider';

const occurredAt = '2026-03-01T09:15:00.000Z';
const entry = {
  quarantineId: 'q1',
  kind: 'purchase',
  code: 'store.unknown',
  detail: 'no store',
  raw: '{}',
  store: 's9',
  day: '2026-03-01',
} as const;
const keep: QuarantineCommand = { type: 'quarantine', occurredAt, entry };
const redriven: QuarantineCommand = {
  type: 'redriven',
  occurredAt,
  outcome: 'accepted',
  purchaseId: 'p1',
  corrected: false,
  by: 'token-1',
};
const dismiss: QuarantineCommand = { type: 'dismiss', occurredAt, reason: 'a test', by: 'token-1' };

const { given } = specOf(quarantine);

describe('a quarantine entry', () => {
  it('keeps the input with the reason', () => {
    expect(given().when(keep)).toEqual([{ type: 'intake.item-quarantined.v1', id: 'q1', occurredAt, data: entry }]);
  });

  it('counts the same input once more each time it comes', () => {
    expect(given(keep).when(keep)).toMatchObject([
      { type: 'intake.item-received-again.v1', data: { quarantineId: 'q1', day: '2026-03-01', store: 's9' } },
    ]);
    expect(given(keep, keep, keep).when(redriven)).toMatchObject([
      { type: 'intake.item-redriven.v1', data: { timesReceived: 3, outcome: 'accepted' } },
    ]);
  });

  it('is settled once', () => {
    expect(given(keep).when(dismiss)).toMatchObject([{ type: 'intake.item-dismissed.v1', data: { reason: 'a test', by: 'token-1' } }]);
    expect(given(keep, dismiss).when(redriven)).toBe('quarantine.settled');
    expect(given(keep, redriven).when(dismiss)).toBe('quarantine.settled');
    expect(given().when(dismiss)).toBe('quarantine.not-found');
  });
});

describe('an entry refused again', () => {
  const again = (change: object = {}): QuarantineCommand => ({
    type: 'refuse-again',
    occurredAt,
    code: 'purchase.unknown',
    detail: 'no receipt',
    waitsFor: 'purchase:p1',
    ...change,
  });

  it('tells the new reason and what it waits for now, each once', () => {
    expect(given(keep).when(again())).toMatchObject([{ type: 'intake.item-refused-again.v1', data: { waitsFor: 'purchase:p1' } }]);
    expect(given(keep, again()).when(again())).toEqual([]);
    expect(given(keep, again(), again({ code: 'return.exceeds', waitsFor: undefined })).when(again())).toHaveLength(1);
  });

  it('can still be settled', () => {
    expect(given(keep, again()).when(redriven)).toMatchObject([{ type: 'intake.item-redriven.v1' }]);
  });
});

describe('an input that comes again after its entry was taken in', () => {
  it('is in quarantine again, and settled again', () => {
    expect(given(keep, redriven).when(keep)).toMatchObject([{ type: 'intake.item-quarantined.v1', data: entry }]);
    expect(given(keep, keep, redriven, keep).when(redriven)).toMatchObject([
      { type: 'intake.item-redriven.v1', data: { timesReceived: 1 } },
    ]);
  });

  it('is only counted where a person dismissed it', () => {
    expect(given(keep, dismiss).when(keep)).toMatchObject([{ type: 'intake.item-received-again.v1' }]);
  });
});

it('an input is accepted out of its entry once: found again, its own event makes it a duplicate', () => {
  expect(given(keep, redriven, keep).when(redriven)).toMatchObject([{ data: { outcome: 'duplicate', timesReceived: 1 } }]);
  expect(given(keep, redriven, keep).when({ ...redriven, purchaseId: 'p2', corrected: true })).toMatchObject([
    { data: { outcome: 'accepted' } },
  ]);
});
