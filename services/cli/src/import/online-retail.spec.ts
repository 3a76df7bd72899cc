import { onlineRetailFile } from '../../spec-support/online-retail';
import { CsvReader } from './csv/csv-reader';
import { importFile } from './import-file';
import { LineMapper } from './mapping/line-mapper';
import { loadMapping } from './mapping/load-mapping';
import { ReceiptAssembler } from './receipts/receipt-assembler';

interface Item {
  readonly kind?: 'return';
  readonly receipt: string;
  readonly customer?: string;
  readonly lines: readonly { readonly quantity: number; readonly unitPrice: number | string }[];
}

const file = onlineRetailFile();
const withData = file ? describe : describe.skip;

withData('UCI Online Retail', () => {
  const mapping = loadMapping('online-retail');

  it('is valid to the last line, and every line is accounted for', async () => {
    const signal = new AbortController().signal;
    const summary = await importFile({
      file: file as string,
      statePath: '',
      rejectedPath: '',
      mapping,
      concurrency: 1,
      restart: false,
      signal,
    });
    expect(summary).toMatchObject({
      linesRead: 541_909,
      linesInReceipts: 540_571,
      excluded: { 'stock write-offs': 1_336, 'bad debt adjustments': 2 },
      rejectedLines: 0,
      receipts: 24_563,
      accepted: 24_563,
      quarantined: 0,
    });
  });

  it('keeps every customer and every tenth of a penny', async () => {
    const reader = await CsvReader.open(file as string, mapping.mapping);
    const customers = new Set<string>();
    let tenthsOfPennies = 0;
    let returns = 0;
    const closed = (item: Item) => {
      if (item.kind === 'return') returns++;
      if (item.customer === undefined) return;
      customers.add(item.customer);
      for (const { quantity, unitPrice } of item.lines) {
        const tenths = typeof unitPrice === 'number' ? unitPrice * 10 : Number(unitPrice.replace('.', ''));
        tenthsOfPennies += tenths * quantity * (item.kind === 'return' ? -1 : 1);
      }
    };
    let assembler: ReceiptAssembler | undefined;
    for await (const block of reader.blocks()) {
      assembler ??= new ReceiptAssembler(new LineMapper(mapping.mapping, reader.columns ?? []), mapping.mapping.receipts, {
        opened: () => undefined,
        passed: () => undefined,
        rejected: (line) => {
          throw new Error(`line ${line} was rejected`);
        },
        closed: (receipt) => closed(JSON.parse(receipt.json()) as Item),
      });
      assembler.take(block);
    }
    assembler?.finish();
    expect({ customers: customers.size, returns, tenthsOfPennies }).toEqual({
      customers: 4_372,
      returns: 3_836,
      tenthsOfPennies: 8_300_065_814,
    });
  });
});
