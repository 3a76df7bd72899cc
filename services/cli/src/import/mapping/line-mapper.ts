import { currencyExponent, type Decimal } from '@regulars/kernel';
import { decimalReader, impliedPrice, lineAmountOf, priceOf, quantityOf, type Amount } from './amounts';
import { allOf, type Row, type Test } from './conditions';
import { dateReader } from './date-format';
import { FieldReaders, type Read, type ReadId } from './field-readers';
import { Flaw, Memo } from './flaw';
import type { Condition, Mapping, Source } from './mapping-schema';
import { keyJson, quoted, type ReceiptKeyText } from './receipt-key';

/** A mapped line, ready to be joined into a receipt. */
export interface MappedLine {
  /** Goods came back. */
  readonly back: boolean;
  /** The line as JSON: of a sale, of an unlinked return, or of a linked one where `of` is given. */
  readonly json: string;
  /** The receipt that the goods were bought on, as JSON, where the file names it. */
  readonly of?: string;
}

/** A mapping compiled against the columns of one file. Nothing in it knows the order of lines. */
export class LineMapper {
  readonly ruleNames: readonly string[];
  private readonly rules: readonly Test[];
  private readonly field: Readonly<Record<'receipt' | 'store' | 'terminal' | 'currency', ReadId>>;
  private readonly header: Readonly<Record<'customer' | 'staff' | 'sequence', Read | undefined>>;
  private readonly headerIds: Readonly<Record<'customer' | 'staff', ReadId | undefined>>;
  private readonly occurredAt: Read;
  private readonly isBack: Test | undefined;
  private readonly original: OriginalReader | undefined;
  private readonly sku: ReadId;
  private readonly category: ReadId | undefined;
  private readonly amount: Readonly<Record<'quantity' | 'unitPrice' | 'net' | 'discount' | 'cost', Read | undefined>>;
  private readonly number: (text: string) => Decimal | Flaw;
  private readonly quantities: Memo<Amount | Flaw>;
  private readonly byCurrency = new Map<string, { readonly prices: Memo<Amount | Flaw>; readonly amounts: Memo<Amount | Flaw> }>();
  private readonly zones: ReadonlyMap<string, string>;
  private readonly date: ReturnType<typeof dateReader>;
  private readonly dates = new Map<string, Memo<string | Flaw>>();
  private readonly skuJson = new Memo((text: string) => `{"sku":${quoted(text)},"quantity":`);

  constructor(
    private readonly mapping: Mapping,
    columns: readonly string[],
  ) {
    const { columns: from, constants, formats, returns } = mapping;
    const fields = new FieldReaders(columns, formats.empty);
    this.number = decimalReader(formats);
    this.quantities = new Memo((text) => quantityOf(text, this.number));
    this.date = dateReader(formats.date);
    this.zones = new Map(mapping.stores.map((store) => [store.id, store.timeZone]));
    const needed = (source: Source | undefined, constant?: string) => fields.idOr(source, constant) ?? (() => '');
    this.field = {
      receipt: needed(from.receipt),
      store: needed(from.store, constants.store),
      terminal: needed(from.terminal, constants.terminal),
      currency: needed(from.currency, constants.currency),
    };
    this.header = {
      customer: fields.textOr(from.customer),
      staff: fields.textOr(from.staff, constants.staff),
      sequence: fields.textOr(from.sequence),
    };
    this.headerIds = { customer: fields.idOr(from.customer), staff: fields.idOr(from.staff, constants.staff) };
    this.occurredAt = fields.text(from.occurredAt);
    this.sku = needed(from.sku);
    this.category = fields.idOr(from.category, constants.category);
    this.amount = {
      quantity: fields.textOr(from.quantity, constants.quantity?.toString()),
      unitPrice: fields.textOr(from.unitPrice),
      net: fields.textOr(from.net),
      discount: fields.textOr(from.discount),
      cost: fields.textOr(from.cost),
    };
    const test = (conditions: readonly Condition[]) => allOf(conditions, fields.place, this.number, fields.isEmpty);
    this.rules = mapping.exclude.map((rule) => test(rule.when));
    this.ruleNames = mapping.exclude.map((rule) => rule.name);
    this.isBack = returns && returns.when !== 'negative quantity' ? test(returns.when) : undefined;
    this.original = returns?.original && originalReader(returns.original, fields);
    fields.requireAll();
  }

  /** The number of the first rule that excludes the line, or -1. */
  excludedBy(row: Row): number {
    for (let rule = 0; rule < this.rules.length; rule++) if (this.rules[rule]?.(row)) return rule;
    return -1;
  }

  /** The natural key of the line's receipt. */
  keyOf(row: Row): ReceiptKeyText | Flaw {
    const receipt = this.field.receipt(row);
    const store = this.field.store(row);
    const terminal = this.field.terminal(row);
    if (receipt instanceof Flaw) return receipt;
    if (store instanceof Flaw) return store;
    if (terminal instanceof Flaw) return terminal;
    if (receipt === '' || store === '' || terminal === '') return new Flaw('store, terminal or receipt number is empty');
    return { store, terminal, receipt };
  }

  /** Everything that must be the same on each line of a receipt, as written in the file. */
  headerText(row: Row): string {
    const { customer, staff, sequence } = this.header;
    if (!staff && !sequence) return customer ? customer(row) : '';
    return [customer, staff, sequence].map((read) => (read ? read(row) : '')).join('\u001f');
  }

  /** The common part of a receipt as JSON members, from its first line. */
  headerJson(row: Row, key: ReceiptKeyText): string | Flaw {
    const occurredAt = this.instant(this.occurredAt(row), key.store);
    if (occurredAt instanceof Flaw) return occurredAt;
    const currency = this.field.currency(row);
    if (currency instanceof Flaw) return currency;
    let json = `"occurredAt":"${occurredAt}","currency":${quoted(currency)}`;
    for (const name of ['customer', 'staff'] as const) {
      const value = this.headerIds[name]?.(row);
      if (value instanceof Flaw) return value;
      if (value) json += `,"${name}":${quoted(value)}`;
    }
    const sequence = this.header.sequence?.(row);
    if (!sequence) return json;
    return /^\d{1,10}$/.test(sequence)
      ? `${json},"sequence":${Number(sequence)}`
      : new Flaw(`the sequence "${sequence}" is no whole number`);
  }

  /** What was sold or came back on this line. */
  line(row: Row, key: ReceiptKeyText): MappedLine | Flaw {
    const quantity = this.quantities.of(this.amount.quantity?.(row) ?? '');
    if (quantity instanceof Flaw) return quantity;
    const back = this.isBack ? this.isBack(row) : this.mapping.returns !== undefined && quantity.negative;
    const mustBeNegative = back && (!this.isBack || this.mapping.returns?.quantities === 'negative');
    if (quantity.negative !== mustBeNegative) return new Flaw(signReason(back, quantity.negative));
    if (quantity.json === '0') return new Flaw('the quantity is 0');
    const of = back ? this.original?.of(row, key) : undefined;
    if (of instanceof Flaw) return of;
    return of !== undefined ? this.linkedLine(row, quantity, of) : this.fullLine(row, quantity, back);
  }

  private linkedLine(row: Row, quantity: Amount, of: string): MappedLine | Flaw {
    const line = this.original?.line(row) ?? '';
    if (!/^\d{1,4}$/.test(line)) return new Flaw(`the line "${line}" of the original receipt is no number`);
    const net = this.lineAmount('net', row, true);
    if (net instanceof Flaw) return net;
    return { back: true, of, json: `{"line":${Number(line)},"quantity":${quantity.json}${net ? `,"net":${net.json}` : ''}}` };
  }

  private fullLine(row: Row, quantity: Amount, back: boolean): MappedLine | Flaw {
    const sku = this.sku(row);
    if (sku instanceof Flaw) return sku;
    const net = this.lineAmount('net', row, back);
    if (net instanceof Flaw) return net;
    const price = this.amount.unitPrice ? this.money(row).prices.of(this.amount.unitPrice(row)) : net && impliedPrice(net, quantity);
    if (!price) return new Flaw('there is neither a unit price nor a net');
    if (price instanceof Flaw) return price;
    if (price.negative) return new Flaw('the unit price is negative');
    let json = `${this.skuJson.of(sku)}${quantity.json},"unitPrice":${price.json}`;
    if (net) json += `,"net":${net.json}`;
    for (const name of ['discount', 'cost'] as const) {
      const amount = this.lineAmount(name, row, back);
      if (amount instanceof Flaw) return amount;
      if (amount) json += `,"${name}":${amount.json}`;
    }
    const category = this.category?.(row);
    if (category instanceof Flaw) return category;
    return { back, json: category ? `${json},"category":${quoted(category)}}` : `${json}}` };
  }

  private lineAmount(name: 'net' | 'discount' | 'cost', row: Row, back: boolean): Amount | Flaw | undefined {
    const text = this.amount[name]?.(row);
    if (text === undefined || text === '') return undefined;
    const amount = this.money(row).amounts.of(text);
    if (amount instanceof Flaw) return amount;
    return amount.negative && !back ? new Flaw(`the ${name} "${text}" is negative on a sale`) : amount;
  }

  private money(row: Row) {
    const currency = this.field.currency(row);
    const name = currency instanceof Flaw ? '' : currency;
    let money = this.byCurrency.get(name);
    if (!money) {
      if (this.byCurrency.size >= 300) this.byCurrency.clear();
      const exponent = this.mapping.formats.amounts === 'minor' ? 0 : currencyExponent(name);
      money = {
        prices: new Memo((text) => priceOf(text, this.number, exponent)),
        amounts: new Memo((text) => lineAmountOf(text, this.number, exponent)),
      };
      this.byCurrency.set(name, money);
    }
    return money;
  }

  private instant(text: string, store: string): string | Flaw {
    const zone = this.zones.get(store) ?? this.mapping.timeZone;
    let memo = this.dates.get(zone);
    if (!memo) {
      memo = new Memo((time: string) => this.date(time, zone), 5_000);
      this.dates.set(zone, memo);
    }
    return memo.of(text);
  }
}

/** Reads which receipt, and which line of it, returned goods were bought on. */
interface OriginalReader {
  readonly of: (row: Row, key: ReceiptKeyText) => string | Flaw | undefined;
  readonly line: Read;
}

function originalReader(original: NonNullable<NonNullable<Mapping['returns']>['original']>, fields: FieldReaders): OriginalReader {
  const receipt = fields.id(original.receipt);
  const store = fields.idOr(original.store);
  const terminal = fields.idOr(original.terminal);
  const of = (row: Row, key: ReceiptKeyText): string | Flaw | undefined => {
    const number = receipt(row);
    if (number instanceof Flaw) return number;
    if (!number) return undefined;
    const atStore = store?.(row) || key.store;
    const atTerminal = terminal?.(row) || key.terminal;
    if (atStore instanceof Flaw) return atStore;
    if (atTerminal instanceof Flaw) return atTerminal;
    return `{${keyJson({ store: atStore, terminal: atTerminal, receipt: number })}}`;
  };
  return { of, line: fields.text(original.line) };
}

function signReason(back: boolean, negative: boolean): string {
  if (!back) return 'the quantity is negative on a sale';
  return `the quantity is ${negative ? 'negative' : 'positive'} on a return; returns.quantities in the mapping says otherwise`;
}
