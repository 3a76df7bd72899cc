/**
 * A new contribution ledger from an existing event log, the way the platform itself rebuilds: the projection fed by the bus over the log,
 * then the pyramid. The log is open already; what is timed begins before its first event is read.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import embedded from '@regulars/adapter-embedded';
import engine from '@regulars/engine';
import loyaltyTier from '@regulars/loyalty-tier';
import purchase from '@regulars/purchase';
import { answer, options } from '../harness/side.mjs';

const { eventLogDirectory, workDirectory, asOf } = options;
const clock = { now: () => Date.now() };
const eventStore = await embedded.openEventLog({ directory: eventLogDirectory, clock });
const documents = await embedded.openReadModels({ file: join(workDirectory, 'read-models.db') });
const deadLetters = await engine.DeadLetters.open(documents, clock);
const bus = embedded.openLogBus({ eventStore, publishers: [purchase.purchasePublishes], chain: 'main' });
const head = await eventStore.head();

const started = performance.now();
const service = await loyaltyTier.createLoyaltyTierService({
  bus,
  documents,
  deadLetters,
  directory: join(workDirectory, 'ledger'),
  report: (event, { reason }) => {
    throw new Error(`${event}: ${reason}`);
  },
  head: () => eventStore.head(),
  currency: () => 'EUR',
});
await service.projections[0].live.reached(head);
const replayed = performance.now();
const pyramid = await loyaltyTier.pyramid(service.ledger(), { asOf, window: 'all', currency: 'EUR' });
const seconds = (performance.now() - started) / 1000;

const { customers, total, digest } = pyramid;
const ledgerBytes = service.ledger().stats().memoryBytes;
await service.close();
await documents.close();
await eventStore.close();
await rm(workDirectory, { recursive: true });
answer({ seconds, pyramidSeconds: seconds - (replayed - started) / 1000, ledgerBytes, tiers: { customers, total, digest } });
