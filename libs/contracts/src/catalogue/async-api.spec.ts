import { Parser } from '@asyncapi/parser';
import { integrationEvents } from '../index';
import { asyncApiDocument } from './async-api';

describe('the AsyncAPI document', () => {
  test('is valid, with a channel a topic and a message an event', async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApiDocument(integrationEvents, '0.1.0')));
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    const addresses = document
      ?.channels()
      .all()
      .map((channel) => channel.address());
    expect(addresses).toEqual([...new Set(integrationEvents.map((event) => event.topic))].sort());
    const names = document
      ?.messages()
      .all()
      .map((message) => message.name());
    expect(new Set(names)).toEqual(new Set(integrationEvents.map((event) => event.type)));
  });

  test('is found invalid when a message points nowhere', async () => {
    const broken = JSON.stringify(asyncApiDocument(integrationEvents, '0.1.0')).replace('#/components/messages/', '#/components/nothing/');
    const { diagnostics } = await new Parser().parse(broken);
    expect(diagnostics.filter(({ severity }) => severity === 0)).not.toEqual([]);
  });
});
