import { StoreUnavailable } from '@regulars/ports';
import { InMemoryDocumentStore, noDocuments } from '@regulars/testing';
import { AccessInMemory, at, causation, till } from '../../spec-support/access-in-memory';
import { accessStream } from './events';
import { issueToken } from './issue-token';
import { revokeToken } from './revoke-token';
import { newTokenText, parseToken } from './token-text';
import { TokenRegistry } from './token-registry';

let access: AccessInMemory;
beforeEach(async () => {
  access = new AccessInMemory();
  await access.open();
});
afterEach(() => access.close());

describe('tokens', () => {
  it('are good as soon as they are issued, and bad as soon as they are revoked', async () => {
    const { tokenId, token } = await access.issued();
    expect(token).toMatch(/^rgl_[a-z0-9-]+_[A-Za-z0-9_-]{43}$/);
    expect(access.context.registry.authenticate(token)).toEqual({ tokenId, role: 'till', stores: ['s1'], terminal: 'k1' });
    expect(await revokeToken(access.context, tokenId, at, causation)).toBeUndefined();
    expect(access.context.registry.authenticate(token)).toBeUndefined();
    expect(access.context.registry.list()).toEqual([expect.objectContaining({ tokenId, issuedAt: at, revokedAt: at })]);
  });

  it('are nowhere stored with their secret', async () => {
    const { tokenId, token } = await access.issued();
    const secret = parseToken(token)?.secret as string;
    const stored = JSON.stringify([
      await access.events.readStream(accessStream(tokenId)),
      access.context.registry.list(),
      [...access.kept.versions].map(([, d]) => [...d]),
    ]);
    expect(stored).toContain(tokenId);
    expect(stored).not.toContain(secret);
  });

  it('carry chain and causation in their events', async () => {
    const { tokenId } = await access.issued();
    expect(await access.events.readStream(accessStream(tokenId))).toEqual([
      expect.objectContaining({ type: 'access.token-issued.v1', chain: 'main', correlationId: 'c1', occurredAt: at, revision: 0 }),
    ]);
  });

  it('are not good with another secret, another id or other text', async () => {
    const one = await access.issued();
    const other = await access.issued();
    const secret = parseToken(one.token)?.secret as string;
    for (const text of [
      '',
      'rgl_',
      secret,
      `rgl_${other.tokenId}_${secret}`,
      `${one.token}x`,
      one.token.slice(0, -1),
      `rgl_missing_${secret}`,
    ]) {
      expect(access.context.registry.authenticate(text)).toBeUndefined();
    }
  });

  it('are known after a restart, from the documents and from what came after the checkpoint', async () => {
    const before = await access.issued();
    const revoked = await access.issued();
    await revokeToken(access.context, revoked.tokenId, at, causation);
    await access.restart();
    expect(access.context.registry.authenticate(before.token)).toMatchObject({ tokenId: before.tokenId });
    expect(access.context.registry.authenticate(revoked.token)).toBeUndefined();
    // Documents lost: everything comes from the access.events.
    access.kept = noDocuments();
    await access.restart();
    expect(access.context.registry.list()).toHaveLength(2);
    expect(access.context.registry.authenticate(revoked.token)).toBeUndefined();
  });

  it('do not make a start read what lies before the checkpoint', async () => {
    await access.issued();
    await new Promise(setImmediate);
    await access.context.registry.close();
    const subscribe = jest.spyOn(access.events, 'subscribe');
    await access.open();
    expect(subscribe.mock.calls[0]?.[0].after).toBe(await access.events.head());
  });

  it('are seen by another process that follows the same store', async () => {
    const other = await TokenRegistry.open({ events: access.events, documents: new InMemoryDocumentStore() });
    const { tokenId, token } = await access.issued();
    await new Promise(setImmediate);
    expect(other.authenticate(token)).toMatchObject({ tokenId });
    await revokeToken({ ...access.context, registry: other }, tokenId, at, causation);
    await new Promise(setImmediate);
    expect(access.context.registry.authenticate(token)).toBeUndefined();
    await other.close();
  });

  it('survive a document write that failed', async () => {
    const documents = new InMemoryDocumentStore(access.kept);
    const collection = await documents.collection<never>({ name: 'access-tokens', version: 'v1', indexes: [] });
    const write = jest.spyOn(Object.getPrototypeOf(collection) as { write: () => Promise<never> }, 'write');
    write.mockRejectedValue(new Error('disk full'));
    const text = newTokenText();
    await expect(issueToken(access.context, till, text, at, causation)).rejects.toThrow('disk full');
    await new Promise(setImmediate);
    expect(access.context.registry.check()).toMatchObject({ ok: false });
    write.mockRestore();
    await access.restart();
    expect(access.context.registry.get(text.tokenId)).toMatchObject({ role: 'till' });
    expect(access.context.registry.check()).toEqual({ ok: true });
  });

  it('are followed again, without a restart, once documents can be written again', async () => {
    const documents = new InMemoryDocumentStore();
    const other = await TokenRegistry.open({ events: access.events, documents, pauseMs: { min: 1, max: 2 } });
    const { token, tokenId } = await access.issued();
    while (!other.authenticate(token)) await new Promise(setImmediate);
    const save = jest.spyOn(documents, 'saveCheckpoint').mockRejectedValue(new StoreUnavailable('away'));
    await revokeToken(access.context, tokenId, at, causation);
    while (other.check().ok) await new Promise(setImmediate);
    expect(other.authenticate(token)).toBeUndefined();
    save.mockRestore();
    while (!other.check().ok) await new Promise(setImmediate);
    const later = await access.issued();
    while (!other.authenticate(later.token)) await new Promise(setImmediate);
    await other.close();
  });

  it('are issued to nobody while the store takes nothing', async () => {
    jest.spyOn(access.events, 'append').mockRejectedValue(new StoreUnavailable('full'));
    await expect(access.issued()).rejects.toThrow(StoreUnavailable);
    expect(access.context.registry.list()).toEqual([]);
  });

  it('are decided again when somebody was faster, a bounded number of times', async () => {
    const { tokenId } = await access.issued();
    const append = jest.spyOn(access.events, 'append');
    append.mockResolvedValueOnce({ outcome: 'conflict', actual: 0 });
    expect(await revokeToken(access.context, tokenId, at, causation)).toBeUndefined();
    const again = await access.issued();
    append.mockClear().mockResolvedValue({ outcome: 'conflict', actual: 0 });
    expect(await revokeToken(access.context, again.tokenId, at, causation)).toMatchObject({ code: 'concurrency.conflict' });
    expect(append).toHaveBeenCalledTimes(3);
  });
});
