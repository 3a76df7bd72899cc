import { grouped, majorUnits, percentText } from './amounts';
import type { Pyramid, PyramidGroup } from './pyramid';

const WIDTH_DEFAULT = 100;
const BAR_MIN = 6;

/** How to draw the table. */
export interface TableOptions {
  readonly currency: string;
  /** Columns of the terminal; default 100. */
  readonly width?: number | undefined;
}

function bar(share: number | null, length: number): string {
  const full = Math.round((Math.max(0, Math.min(100, share ?? 0)) / 100) * length);
  return '█'.repeat(full).padEnd(length, '·');
}

/** The pyramid as a table for the terminal: each tier's heads and contribution with a bar for both shares, without trailing blanks. */
export function pyramidTable(pyramid: Pyramid, { currency, width = WIDTH_DEFAULT }: TableOptions): string {
  const money = (amount: number | null): string => (amount === null ? '–' : majorUnits(amount, currency));
  const cells = (group: PyramidGroup): string[] => [
    group.tier,
    grouped(group.customers),
    percentText(group.customersShare),
    money(group.amount),
    percentText(group.amountShare),
    money(group.cut),
    money(group.average),
    grouped(group.visits),
  ];
  const head = ['tier', 'customers', 'heads', `amount ${currency}`, 'contribution', 'from', 'average', 'visits'];
  const visits = pyramid.groups.reduce((sum, group) => sum + group.visits, 0);
  const total = ['total', grouped(pyramid.customers), '', money(pyramid.total), '', '', '', grouped(visits)];
  const rows = [head, ...pyramid.groups.map(cells), total];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ');
  const rule = '─'.repeat(widths.reduce((sum, w) => sum + w, 0) + 2 * (widths.length - 1));
  const table = [line(head), rule, ...pyramid.groups.map((group) => line(cells(group))), rule, line(total)];
  return [title(pyramid), '', ...table, '', ...bars(pyramid, width), '', shares(pyramid)].map((text) => `${text.trimEnd()}\n`).join('');
}

function title({ asOf, window, scope, count }: Pyramid): string {
  return `Customer pyramid, ${scope}, window ${window}, as of ${asOf}${count === 'positive' ? ', only customers above zero' : ''}`;
}

function bars({ groups }: Pyramid, width: number): string[] {
  const label = 10;
  const figure = 10;
  const length = Math.max(BAR_MIN, Math.floor((width - label - 2 * figure - 2) / 2));
  const cell = (share: number | null): string => `${bar(share, length)}${percentText(share).padStart(figure)}`;
  return [
    `${''.padEnd(label)}${'heads'.padEnd(length + figure)}  contribution`,
    ...groups.map((group) => `${group.tier.padEnd(label)}${cell(group.customersShare)}  ${cell(group.amountShare)}`),
  ];
}

function shares({ top20Share, top25Share }: Pyramid): string {
  return `The best 20 % of the customers bring ${percentText(top20Share)}, the best 25 % ${percentText(top25Share)} of the contribution.`;
}
