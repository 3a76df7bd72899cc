import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { AS_OF, netOf, receipts } from './receipts.mjs';
import { digestOfRanking, PlainTiers } from './tiers.mjs';

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
const FLUSH_CHARS = 1 << 20;

/**
 * Writes receipts in the layout of UCI's Online Retail: a line per article, about twenty lines a receipt, returns with a C before
 * their number and negative quantities.
 *
 * @returns {Promise<{lines: number, expected: {customers: number, total: number, digest: string}}>}
 */
export async function writeCsv(file, count) {
  const stream = createWriteStream(file);
  const tiers = new PlainTiers();
  let text = HEADER;
  let lines = 0;
  let number = 536_364;
  for (const receipt of receipts(count, { linesMin: 1, linesMax: 39 })) {
    number++;
    const back = receipt.of !== undefined;
    const customer = String(12_346 + Number(receipt.customer.slice(1)));
    const time = new Date(receipt.at).toISOString().slice(0, 19).replace('T', ' ');
    for (const { sku, category, quantity, unitPrice } of receipt.lines) {
      const price = `${Math.floor(unitPrice / 100)}.${String(unitPrice % 100).padStart(2, '0')}`;
      text += `${back ? 'C' : ''}${number},${sku},"ARTICLE ${sku}, ${category.toUpperCase()}",${back ? -quantity : quantity},${time},${price},${customer},United Kingdom\n`;
      lines++;
    }
    tiers.add(customer, netOf(receipt));
    if (text.length > FLUSH_CHARS) {
      if (!stream.write(text)) await once(stream, 'drain');
      text = '';
    }
  }
  stream.end(text);
  await once(stream, 'close');
  return { lines, expected: digestOfRanking(tiers.ranking(), AS_OF) };
}
