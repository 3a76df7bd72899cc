import { ACCESS_TOKENS_TOPIC, accessTokenChangedV1 } from '@regulars/contracts';
import type { ConsumeOptions, Message } from '@regulars/ports';
import { InMemoryEventBus } from '@regulars/testing';
import { AccessInMemory, at, causation, till } from '../../spec-support/access-in-memory';
import { BusTokens } from './bus-tokens';
import { accessPublishes } from './publishes';
import { revokeToken } from './revoke-token';

const settled = () => new Promise(setImmediate);

describe('tokens that are followed on the bus', () => {
  let access: AccessInMemory;
  let bus: InMemoryEventBus;
  let reports: string[];
  let opened: BusTokens[];
  beforeEach(async () => {
    access = new AccessInMemory();
    await access.open();
    bus = new InMemoryEventBus();
    reports = [];
    opened = [];
  });
  afterEach(async () => {
    for (const tokens of opened) await tokens.close();
    await access.close();
  });

  let published = 0;
  beforeEach(() => void (published = 0));
  /** Publishes what follows from the events stored since the last call. */
  async function publishNew(): Promise<readonly Message[]> {
    const events = [];
    for await (const batch of access.events.readAll()) events.push(...batch);
    const messages = events.slice(published).flatMap((event) => accessPublishes(event));
    published = events.length;
    await bus.publish(messages);
    return messages;
  }
  async function open(change: Partial<Parameters<typeof BusTokens.open>[0]> = {}): Promise<BusTokens> {
    const pauseMs = { min: 1, max: 2 };
    const tokens = await BusTokens.open({
      bus,
      group: `tokens-${opened.length}`,
      report: (reason) => reports.push(reason),
      pauseMs,
      ...change,
    });
    opened.push(tokens);
    return tokens;
  }

  it('are all known when it opens, and the later ones when they come', async () => {
    const first = await access.issued();
    await publishNew();
    const [tokens, others] = [await open(), await open()];
    const principal = { tokenId: first.tokenId, role: 'till', stores: ['s1'], terminal: 'k1' };
    for (const each of [tokens, others]) expect(each.authenticate(first.token)).toEqual(principal);
    const second = await access.issued({ ...till, role: 'sre', stores: '*', terminal: null });
    expect(tokens.authenticate(second.token)).toBeUndefined();
    await publishNew();
    await settled();
    for (const each of [tokens, others])
      expect(each.authenticate(second.token)).toEqual({ tokenId: second.tokenId, role: 'sre', stores: '*' });
    expect(tokens.check()).toEqual({ ok: true });
  });

  it('lose their force where they are revoked, also where the revocation comes first or again', async () => {
    const tokens = await open();
    const { tokenId, token } = await access.issued();
    const [issue] = await publishNew();
    await settled();
    expect(tokens.authenticate(token)).toMatchObject({ tokenId });
    await revokeToken(access.context, tokenId, at, causation);
    const [revocation] = await publishNew();
    await settled();
    expect(tokens.authenticate(token)).toBeUndefined();
    bus = new InMemoryEventBus();
    await bus.publish([revocation as Message, issue as Message, revocation as Message, issue as Message]);
    expect((await open({ group: 'other' })).authenticate(token)).toBeUndefined();
  });

  it('are told without secret and label, in the form of their contract', async () => {
    const { token, tokenId } = await access.issued();
    await revokeToken(access.context, tokenId, at, causation);
    const messages = await publishNew();
    const secret = token.slice(token.lastIndexOf('_') + 1);
    expect(JSON.stringify(messages)).not.toMatch(new RegExp(`${secret}|front`));
    expect(messages.map(({ type, topic, key }) => [type, topic, key])).toEqual(
      [1, 2].map(() => [accessTokenChangedV1.type, ACCESS_TOKENS_TOPIC, tokenId]),
    );
    for (const { data } of messages) accessTokenChangedV1.schema.parse(data);
    expect(messages[1]?.data).toEqual({ tokenId, granted: null, revokedAt: at });
  });

  it('are not taken with another secret, another form, an unknown role, or after a change nobody understands', async () => {
    const { token, tokenId } = await access.issued();
    const [issue] = await publishNew();
    const tokens = await open();
    for (const text of ['', 'rgl_', `${token}x`, token.replace(/.{43}$/, 'x'.repeat(43))])
      expect(tokens.authenticate(text)).toBeUndefined();
    const king = { ...(issue?.data as object), granted: { ...(issue?.data['granted'] as object), role: 'king' } };
    await bus.publish([{ ...(issue as Message), data: king }]);
    await settled();
    expect(tokens.authenticate(token)).toBeUndefined();
    await bus.publish([issue as Message]);
    await settled();
    expect(tokens.authenticate(token)).toMatchObject({ tokenId });
    await bus.publish([{ ...(issue as Message), type: 'access.token-changed.v9' }]);
    await settled();
    expect(tokens.authenticate(token)).toBeUndefined();
    expect(reports).toEqual([expect.stringContaining('not understood')]);
  });

  it('stay good while the bus is away; the process is not ready, and goes on where it was', async () => {
    const { token } = await access.issued();
    await publishNew();
    let breakOff: (error: Error) => void = () => undefined;
    let away = false;
    const asked: unknown[] = [];
    const breaking = {
      consume(options: ConsumeOptions) {
        if (away) throw new Error('no broker answers');
        const from = options.from as (sources: readonly string[]) => Promise<Record<string, string>>;
        const noting = async (sources: readonly string[]) => {
          const positions = await from(sources);
          asked.push(Object.keys(positions).length);
          return positions;
        };
        const consumption = bus.consume({ ...options, from: noting });
        const broken = new Promise<never>((_, reject) => (breakOff = reject));
        return { close: () => consumption.close(), ended: Promise.race([consumption.ended, broken]) };
      },
    };
    const tokens = await open({ bus: breaking });
    away = true;
    breakOff(new Error('connection lost'));
    while (reports.length < 3) await settled();
    expect(tokens.check()).toMatchObject({ ok: false });
    expect(tokens.authenticate(token)).toBeDefined();
    expect(reports.slice(0, 2)).toEqual(['connection lost', 'no broker answers']);
    away = false;
    while (!tokens.check().ok) await settled();
    expect(asked[0]).toBe(0);
    expect(asked.at(-1)).toBeGreaterThan(0);
  });

  it('are waited for until the process is to end', async () => {
    const stopping = new AbortController();
    const never = { consume: () => ({ close: async () => undefined, ended: Promise.reject(new Error('no broker answers')) }) };
    const opening = open({ bus: never, stopping: stopping.signal });
    await settled();
    stopping.abort();
    await expect(opening).rejects.toThrow('Stopped before every token was known');
  });
});
