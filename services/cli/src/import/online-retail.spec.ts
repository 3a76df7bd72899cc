import { mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onlineRetailFile } from '../../spec-support/online-retail';
import { platformProcess } from '../../spec-support/platform-process';
import { killedOnce, regulars } from '../../spec-support/run-regulars';
import { CsvReader } from './csv/csv-reader';
import { LineMapper } from './mapping/line-mapper';
import { loadMapping } from './mapping/load-mapping';
import type { ImportSummary } from './progress/summary';
import { ReceiptAssembler } from './receipts/receipt-assembler';

interface Item {
  readonly kind?: 'return';
  readonly receipt: string;
  readonly customer?: string;
  readonly lines: readonly { readonly quantity: number; readonly unitPrice: number | string }[];
}

const accountedFor = {
  linesRead: 541_909,
  linesInReceipts: 540_571,
  excluded: { 'stock write-offs': 1_336, 'bad debt adjustments': 2 },
  rejectedLines: 0,
};

const file = onlineRetailFile();
const withData = file ? describe : describe.skip;

withData('UCI Online Retail', () => {
  const mapping = loadMapping('online-retail');

  it('goes into a real platform whole, though the import is killed on the way, and comes out as the known pyramid', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'regulars-online-retail-'));
    symlinkSync(file as string, join(folder, 'or.csv.gz'));
    const platform = await platformProcess(join(folder, 'data'));
    try {
      const args = ['import', 'or.csv.gz', '--mapping', 'online-retail', '--register-stores', '--data', 'data', '--json'];
      await killedOnce(join(folder, 'or.csv.gz.import-state.json'), /"after": [1-9]/, args, folder);
      const run = await regulars(args, {}, folder);
      const summary = JSON.parse(run.out) as ImportSummary;
      expect([run.code, summary]).toMatchObject([0, { ...accountedFor, receipts: 24_563, quarantined: 0 }]);
      expect(summary.accepted + summary.duplicate).toBe(24_563);
      expect(summary.resumedAfterLine).toBeGreaterThan(0);
      const report = await regulars(['intake', 'report', '--json', '--data', 'data'], {}, folder);
      expect((JSON.parse(report.out) as { total: object }).total).toMatchObject({ accepted: 24_563, quarantined: 0 });
      const pyramid = await regulars(['pyramid', '--window', 'all', '--json', '--data', 'data'], {}, folder);
      expect(JSON.parse(pyramid.out)).toMatchObject({
        customers: 4_372,
        total: 830_006_581,
        groups: [
          { tier: 'devoted', customers: 437, amountShare: 60.01 },
          { tier: 'steady', customers: 656, amountShare: 18.55 },
          { tier: 'floating', customers: 1_530, amountShare: 16.54 },
          { tier: 'trial', customers: 1_749, amountShare: 4.91 },
        ],
        top20Share: 73.82,
        top25Share: 78.55,
      });
      expect(readdirSync(folder).sort()).toEqual(['data', 'or.csv.gz', 'or.csv.gz.import-state.json']);
    } finally {
      await platform.stop();
    }
  }, 180_000);

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
