import { simpleMapping } from '../../../spec-support/mapped';
import { CliError, exitCodes } from '../../failure';
import { loadMapping, parseMapping, shippedMappings } from './load-mapping';

function faultsOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof CliError && error.exitCode === exitCodes.usage) return error.detail ?? '';
    throw error;
  }
  return 'no fault';
}

describe('a mapping', () => {
  it('fills in what is usual', () => {
    const { mapping } = simpleMapping();
    expect(mapping.delimiter).toBe(',');
    expect(mapping.formats).toMatchObject({ date: 'iso', decimal: '.', thousands: '' });
    expect(mapping.receipts).toEqual({ openAtOnce: 64, longerThan1000Lines: 'reject' });
  });

  it.each([
    ['an unknown key', { colums: {} }, 'colums'],
    ['a time zone that does not exist', { timeZone: 'Europe/Londn' }, 'timeZone: is no time zone this machine knows'],
    ['a missing store', { constants: { terminal: 't', currency: 'EUR' } }, 'columns.store: is needed'],
    ['a field given twice', { constants: { store: 's', terminal: 't', currency: 'EUR', quantity: 1 } }, 'columns.quantity: is also given'],
    [
      'a condition with two tests',
      { exclude: [{ name: 'x', when: [{ column: 'a', below: 1, above: 2 }] }] },
      'exclude.0.when.0: give exactly one test',
    ],
    [
      'two rules of one name',
      { exclude: ['x', 'x'].map((name) => ({ name, when: [{ column: 'a', empty: true }] })) },
      'exclude: gives two rules',
    ],
    ['clashing separators', { formats: { decimal: ',', thousands: ',' } }, 'formats.thousands: cannot be the decimal separator'],
    ['no column names without a header', { header: false }, 'columnNames: are needed'],
  ])('is refused for %s, naming the key', (_what, change, fault) => {
    expect(faultsOf(() => simpleMapping(change))).toContain(fault);
  });

  it('is refused where it is no YAML, and where it does not exist', () => {
    expect(faultsOf(() => parseMapping('a: [', 'broken.yaml'))).toContain('broken.yaml');
    expect(faultsOf(() => loadMapping('no-such-mapping'))).toContain('no-such-mapping');
    expect(faultsOf(() => loadMapping('../package'))).toContain('../package');
  });

  it('has a hash that follows its meaning, not its comments', () => {
    const text = JSON.stringify({
      ...simpleMapping().mapping,
      columns: { receipt: 'a', occurredAt: 'b', sku: 'c', quantity: 'd', unitPrice: 'e' },
    });
    expect(parseMapping(`# said differently\n${text}`, 'b').hash).toBe(parseMapping(text, 'a').hash);
    expect(simpleMapping({ name: 'other' }).hash).not.toBe(simpleMapping().hash);
  });

  it('ships for Online Retail', () => {
    expect(shippedMappings()).toContain('online-retail');
    expect(loadMapping('online-retail').mapping.stores).toEqual([
      { id: 'online', name: 'Online Retail', region: 'uk', timeZone: 'Europe/London', currency: 'GBP' },
    ]);
  });
});
