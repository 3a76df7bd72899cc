/**
 * Fills the topics as the relay does: stores, a token, purchases, watermarks. Says what a ledger must hold afterwards, from the embedded way: one
 * ledger that was handed the same changes.
 */
import { createHash } from 'node:crypto';
import adapterKafka from '@regulars/adapter-kafka';
import contracts from '@regulars/contracts';
import loyaltyTier from '@regulars/loyalty-tier';
import { beginnings, purchaseMessages } from '../data/messages.mjs';
import { answer, options } from '../harness/side.mjs';
import { topicSpecs } from '../harness/topics.mjs';

const BATCH = 2_000;
/** A relay that is busy tells once a second how far it has got; this is about as much as it carries in that time. */
const WATERMARK_EVERY = 20_000;
const TOPICS = [contracts.PURCHASE_TOPIC, contracts.STORE_TOPIC, contracts.ACCESS_TOKENS_TOPIC];

const { brokers, topicSuffix, partitions, count, directory, token } = options;
const connection = { brokers, clientId: 'bench-relay' };
const topics = topicSpecs(partitions);
await adapterKafka.applyTopics(connection, topics, { topicSuffix });
const bus = await adapterKafka.openKafkaBus({ connection, topicSuffix, chain: 'main', topics });
const ledger = await loyaltyTier.ContributionLedger.open({ directory });

let bytes = 0;
let carried = 0;
let told = 0;
let logPosition;
async function carry(messages, last) {
  if (messages.length === 0 && !last) return;
  logPosition = messages.at(-1)?.logPosition ?? logPosition;
  carried += messages.length;
  const tells = last || carried - told >= WATERMARK_EVERY;
  if (tells) told = carried;
  const watermark = tells ? { logPosition, observedAt: new Date().toISOString() } : undefined;
  await bus.relay({ messages, watermark, topics: TOPICS, epoch: 1 });
  const purchases = messages.filter(({ topic }) => topic === contracts.PURCHASE_TOPIC);
  for (const { data } of purchases) bytes += Buffer.byteLength(JSON.stringify(data));
  ledger.apply(
    purchases.map(({ data }) => ({ sign: 1, change: data })),
    { log: logPosition },
  );
}
await carry([...beginnings({ tokenId: token.id, secretHash: createHash('sha256').update(token.secret).digest('hex') })], false);
let batch = [];
for (const message of purchaseMessages(count)) {
  batch.push(message);
  if (batch.length < BATCH) continue;
  await carry(batch, false);
  batch = [];
}
await carry(batch, true);
const { digest, rows, customers } = await ledger.digest();
await ledger.close();
await bus.close();
answer({ logPosition, dataBytesEach: bytes / count, expected: { digest, rows, customers } });
