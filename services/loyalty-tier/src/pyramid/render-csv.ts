import { formatMinor } from '@regulars/kernel';
import { twoDecimals } from './amounts';
import type { Pyramid } from './pyramid';

const COLUMNS = 'tier,customers,customers_share_percent,amount,amount_share_percent,cut,average,visits,currency';

/** The pyramid as CSV (RFC 4180): one row a group and a total; amounts in major units, empty where there is none. */
export function pyramidCsv(pyramid: Pyramid): string {
  const money = (amount: number | null): string => (amount === null ? '' : formatMinor(amount, pyramid.currency));
  const percent = (share: number | null): string => (share === null ? '' : twoDecimals(share));
  const rows = pyramid.groups.map((group) => [
    group.tier,
    group.customers,
    percent(group.customersShare),
    money(group.amount),
    percent(group.amountShare),
    money(group.cut),
    money(group.average),
    group.visits,
    pyramid.currency,
  ]);
  const visits = pyramid.groups.reduce((sum, group) => sum + group.visits, 0);
  const total = ['total', pyramid.customers, '', money(pyramid.total), '', '', '', visits, pyramid.currency];
  return [COLUMNS, ...[...rows, total].map((row) => row.join(','))].map((line) => `${line}\r\n`).join('');
}
