import { fixedClock } from '@regulars/kernel';
import type { DocumentStore } from '@regulars/ports';
import { InMemoryDocumentStore, noDocuments } from '@regulars/testing';
import { Lease } from './lease';

const LEASE_MS = 10_000;

describe('a lease', () => {
  let documents: InMemoryDocumentStore;
  let nowMs: number;
  const clock = fixedClock(1_000_000);
  const leaseOf = (holder: string, store: DocumentStore = documents): Lease =>
    new Lease({ documents: store, name: 'relay', holder, clock, monotonicMs: () => nowMs, leaseMs: LEASE_MS });
  beforeEach(() => {
    documents = new InMemoryDocumentStore();
    nowMs = 0;
  });

  /** Somebody who has taken over from whoever holds it. */
  async function overtaker(holder = 'second'): Promise<Awaited<ReturnType<Lease['tryAcquire']>>> {
    const lease = leaseOf(holder);
    await lease.tryAcquire();
    nowMs += LEASE_MS;
    return lease.tryAcquire();
  }

  test('has one owner: another gets it only after its whole time without renewal, with a higher epoch and what was kept', async () => {
    const first = await leaseOf('first').tryAcquire();
    await first?.renew({ position: '7' });
    const second = leaseOf('second');
    expect(await second.tryAcquire()).toBeUndefined();
    nowMs += LEASE_MS - 1;
    expect(await second.tryAcquire()).toBeUndefined();
    await first?.renew();
    nowMs += 1;
    expect(await second.tryAcquire()).toBeUndefined();
    expect(first?.isHeld()).toBe(true);
    nowMs += LEASE_MS;
    const taken = await second.tryAcquire();
    expect(taken?.kept).toEqual({ position: '7' });
    expect(taken?.epoch).toBeGreaterThan(first?.epoch ?? 0);
  });

  test('is not to be used by its owner well before another may take it, by the owner’s clock alone', async () => {
    const first = await leaseOf('first').tryAcquire();
    expect(first?.isHeld()).toBe(true);
    nowMs += (LEASE_MS * 3) / 4;
    expect(first?.isHeld()).toBe(false);
    expect(await first?.renew()).toBe(true);
    expect(first?.isHeld()).toBe(true);
  });

  test('that was overtaken can neither be renewed nor change what is kept', async () => {
    const first = await leaseOf('first').tryAcquire();
    await first?.renew({ position: '1' });
    const second = await overtaker();
    expect(await first?.renew({ position: '9' })).toBe(false);
    expect(first?.isHeld()).toBe(false);
    await second?.renew();
    await second?.release();
    expect((await leaseOf('third').tryAcquire())?.kept).toEqual({ position: '1' });
  });

  test('goes to one of many who ask at the same time', async () => {
    const taken = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => leaseOf(holder).tryAcquire()));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  test('that was given back goes to the next at once', async () => {
    const first = await leaseOf('first').tryAcquire();
    await first?.release();
    expect(first?.isHeld()).toBe(false);
    expect((await leaseOf('second').tryAcquire())?.epoch).toBeGreaterThan(first?.epoch ?? 0);
  });

  test('keeps its epochs rising where the store has lost everything', async () => {
    const first = await leaseOf('first').tryAcquire();
    documents = new InMemoryDocumentStore(noDocuments());
    clock.advance(1);
    expect((await leaseOf('second').tryAcquire())?.epoch).toBeGreaterThan(first?.epoch ?? 0);
  });

  /** A store whose next write takes effect or not, and fails in either case. */
  function losingAnswers(): { readonly store: DocumentStore; lose(takesEffect: boolean): void } {
    let next: boolean | undefined;
    const collection: DocumentStore['collection'] = async (spec) => {
      const honest = await documents.collection(spec);
      const write: typeof honest.write = async (writes) => {
        const takesEffect = next;
        next = undefined;
        const answer = takesEffect === false ? undefined : await honest.write(writes);
        if (takesEffect !== undefined || !answer) throw new Error('the answer was lost');
        return answer;
      };
      return Object.assign(Object.create(honest) as typeof honest, { write }) as never;
    };
    const store = Object.assign(Object.create(documents) as DocumentStore, { collection });
    return { store, lose: (takesEffect) => void (next = takesEffect) };
  }

  test.each([true, false])('goes on after an answer was lost, where the write took effect: %s', async (takesEffect) => {
    const { store, lose } = losingAnswers();
    const first = await leaseOf('first', store).tryAcquire();
    lose(takesEffect);
    await expect(first?.renew({ position: '5' })).rejects.toThrow('the answer was lost');
    expect(await first?.renew({ position: '6' })).toBe(true);
    await first?.release();
    expect((await leaseOf('second').tryAcquire())?.kept).toEqual({ position: '6' });
  });

  test('that was overtaken after an answer was lost is seen to be lost', async () => {
    const { store, lose } = losingAnswers();
    const first = await leaseOf('first', store).tryAcquire();
    lose(false);
    await expect(first?.renew({ position: '5' })).rejects.toThrow();
    const second = await overtaker();
    expect(await first?.renew({ position: '6' })).toBe(false);
    expect(await second?.renew()).toBe(true);
    expect(second?.kept).toEqual({});
  });
});
