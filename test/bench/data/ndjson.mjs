import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { AS_OF, intakeItem, netOf, receipts } from './receipts.mjs';
import { digestOfRanking, PlainTiers } from './tiers.mjs';

const FLUSH_CHARS = 1 << 20;

/**
 * Writes receipts as tills send them, one file for each connection; all receipts of a store go by the same one. Of the `count` receipts only
 * those from the `from`th (included) to the `to`th (excluded) are written; `expected` are the tiers after these alone.
 *
 * @returns {Promise<{files: string[], items: number, bytes: number, expected: {customers: number, total: number, digest: string}}>}
 */
export async function writeNdjson(folder, name, { count, connections, from = 0, to = count }) {
  const files = Array.from({ length: connections }, (_, index) => join(folder, `${name}-${index}.ndjson`));
  const outputs = files.map((file) => ({ stream: createWriteStream(file), text: '' }));
  const tiers = new PlainTiers();
  let bytes = 0;
  const flush = async (output) => {
    bytes += output.text.length;
    const more = output.stream.write(output.text);
    output.text = '';
    if (!more) await once(output.stream, 'drain');
  };
  let index = 0;
  for (const receipt of receipts(count)) {
    if (index >= to) break;
    if (index++ < from) continue;
    const output = outputs[receipt.store % connections];
    output.text += `${JSON.stringify(intakeItem(receipt))}\n`;
    tiers.add(receipt.customer, netOf(receipt));
    if (output.text.length > FLUSH_CHARS) await flush(output);
  }
  for (const output of outputs) {
    await flush(output);
    output.stream.end();
    await once(output.stream, 'close');
  }
  return { files, items: to - from, bytes, expected: digestOfRanking(tiers.ranking(), AS_OF) };
}
