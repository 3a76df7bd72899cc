/** Writes receipts into a new contribution ledger, compacts it, and says how many bytes lie on the disk. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import loyaltyTier from '@regulars/loyalty-tier';
import { purchaseChange } from '../data/rows.mjs';
import { receipts } from '../data/receipts.mjs';
import { answer, options } from '../harness/side.mjs';

const BATCH = 10_000;
const { directory, count } = options;
const ledger = await loyaltyTier.ContributionLedger.open({ directory });
let changes = [];
let applied = 0;
const apply = () => {
  applied += changes.length;
  ledger.apply(changes, { log: String(applied).padStart(16, '0') });
  changes = [];
};
for (const receipt of receipts(count)) {
  changes.push({ sign: 1, change: purchaseChange(receipt) });
  if (changes.length === BATCH) apply();
}
apply();
await ledger.compact();
const { digest, rows, customers } = await ledger.digest();
await ledger.close();
const bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
answer({ bytes, content: { rows, customers, digest } });
