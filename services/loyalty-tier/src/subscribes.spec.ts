import { Poison } from '@regulars/engine';
import { type DeliveredMessage, UNREADABLE_RECORD } from '@regulars/ports';
import { ledgerChanges } from './subscribes';

const message = (type: string, data: DeliveredMessage['data']): DeliveredMessage => ({
  ...{
    id: 'm1',
    topic: 'purchase.events.v1',
    key: 'c1',
    source: 'purchase.events.v1/0',
    position: '1',
    chain: 'main',
    correlationId: 'test',
  },
  ...{ type, data, occurredAt: '2026-06-01T00:00:00Z' },
});

test.each([
  [
    'a record that cannot be read, with what is wrong with it',
    UNREADABLE_RECORD,
    { reason: 'the value is not JSON', raw: '{', encoding: 'utf8' },
    'the value is not JSON',
  ],
  ['a message of an unknown type', 'purchase.painted.v1', {}, 'Message type purchase.painted.v1 is not known here'],
])('%s, is poison', (_, type, data, reason) => {
  const act = () => ledgerChanges([message(type, data)]);
  expect(act).toThrow(Poison);
  expect(act).toThrow(reason);
});
