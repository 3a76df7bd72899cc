import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CsvReader } from '../src/import/csv/csv-reader';
import { LineMapper } from '../src/import/mapping/line-mapper';
import { parseMapping, type LoadedMapping } from '../src/import/mapping/load-mapping';
import { ReceiptAssembler } from '../src/import/receipts/receipt-assembler';
import type { LineTally } from '../src/import/progress/counts';

/** A mapping that fits `receipt,time,sku,quantity,price,customer`, with keys replaced or added. */
export const simpleMapping = (more: Record<string, unknown> = {}): LoadedMapping =>
  parseMapping(
    JSON.stringify({
      name: 'simple',
      timeZone: 'Europe/Berlin',
      constants: { store: 's1', terminal: 't1', currency: 'EUR' },
      columns: { receipt: 'receipt', occurredAt: 'time', sku: 'sku', quantity: 'quantity', unitPrice: 'price', customer: 'customer' },
      ...more,
    }),
    'simple.yaml',
  );

/** Writes a file into a new temporary folder and returns its path. */
export function temporaryFile(content: string | Buffer, name = 'sales.csv'): string {
  const file = join(mkdtempSync(join(tmpdir(), 'regulars-cli-')), name);
  writeFileSync(file, content);
  return file;
}

/** What the lines of a file become: items to send, lines rejected, lines excluded. */
export interface Mapped {
  readonly items: Record<string, unknown>[];
  readonly rejected: { readonly line: number; readonly text: string; readonly reason: string }[];
  readonly tally: LineTally;
  readonly records: number;
}

/** Maps a file's content. */
export async function mapped(content: string | Buffer, { mapping }: LoadedMapping): Promise<Mapped> {
  const reader = await CsvReader.open(temporaryFile(content), mapping);
  const items: Record<string, unknown>[] = [];
  const rejected: Mapped['rejected'] = [];
  let assembler: ReceiptAssembler | undefined;
  for await (const block of reader.blocks()) {
    assembler ??= new ReceiptAssembler(new LineMapper(mapping, reader.columns ?? []), mapping.receipts, {
      opened: () => undefined,
      closed: (receipt) => receipt.flaw ?? items.push(JSON.parse(receipt.json()) as Record<string, unknown>),
      passed: () => undefined,
      rejected: (line, text, reason) => rejected.push({ line, text, reason }),
    });
    assembler.take(block);
  }
  assembler?.finish();
  return { items, rejected, tally: assembler?.tally ?? { excluded: {}, rejectedLines: 0 }, records: assembler?.records ?? 0 };
}

const HEADER = 'receipt,time,sku,quantity,price,customer';
/** A file with the columns of the simple mapping. */
export const sales = (...lines: string[]) => `${[HEADER, ...lines].join('\n')}\n`;
