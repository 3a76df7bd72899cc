/** What everybody's tier must be after the events of a log, by the plain fold; and how many receipts are in it. */
import embedded from '@regulars/adapter-embedded';
import { digestOfRanking, PlainTiers } from '../data/tiers.mjs';
import { answer, options } from '../harness/side.mjs';

/** One of these is stored for each receipt. */
const RECEIPT_TYPES = new Set(['purchase.recorded.v1', 'purchase.return-noted.v1']);
const log = await embedded.openEventLog({ directory: options.eventLogDirectory, clock: { now: () => Date.now() } });
const tiers = new PlainTiers();
let events = 0;
let receipts = 0;
for await (const batch of log.readAll()) {
  for (const { type, data } of batch) {
    tiers.takeEvent(type, data);
    if (RECEIPT_TYPES.has(type)) receipts++;
  }
  events += batch.length;
}
await log.close();
answer({ events, receipts, expected: digestOfRanking(tiers.ranking(), options.asOf) });
