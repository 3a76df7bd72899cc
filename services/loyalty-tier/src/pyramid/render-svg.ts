import { grouped, majorUnits, percentText } from './amounts';
import type { Pyramid, PyramidGroup } from './pyramid';
import type { Tier } from './tiers';

const WIDTH = 1_000;
const HEIGHT = 540;
/** Centres of the two pyramids, and the width that 100 % would have. */
const HEADS_X = 270;
const AMOUNT_X = 730;
const FULL_WIDTH = 360;
const FIRST_ROW_Y = 134;
const ROW_HEIGHT = 84;
const BAR_HEIGHT = 40;
const INK = '#1f2933';
const QUIET = '#52606d';

/** Dark to light, so that the order shows without colours too. */
const FILLS: Readonly<Record<Tier, string>> = { devoted: '#7c2d12', steady: '#c2571a', floating: '#e9a15b', trial: '#f6d9b8' };

const escaped = (text: string): string =>
  text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd');

function text(
  x: number,
  y: number,
  content: string,
  size: number,
  options: { weight?: number; fill?: string; anchor?: string } = {},
): string {
  const { weight = 400, fill = INK, anchor = 'middle' } = options;
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function bar(centre: number, y: number, share: number | null, tier: Tier, label: string): string {
  const width = 2 * Math.max(1, Math.round((FULL_WIDTH * Math.max(0, Math.min(100, share ?? 0))) / 200));
  const rect =
    `<rect x="${centre - width / 2}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="3" ` +
    `fill="${FILLS[tier]}" stroke="${INK}" stroke-width="1"/>`;
  return `<g>${rect}${text(centre, y + BAR_HEIGHT + 19, label, 14)}</g>`;
}

function row(group: PyramidGroup, index: number, currency: string): string {
  const y = FIRST_ROW_Y + index * ROW_HEIGHT;
  const middle = (HEADS_X + AMOUNT_X) / 2;
  const from = group.cut === null ? 'nobody' : `from ${majorUnits(group.cut, currency)}`;
  return [
    bar(HEADS_X, y, group.customersShare, group.tier, `${grouped(group.customers)} · ${percentText(group.customersShare)}`),
    text(middle, y + 20, group.tier, 17, { weight: 700 }),
    text(middle, y + 38, from, 12, { fill: QUIET }),
    bar(AMOUNT_X, y, group.amountShare, group.tier, `${majorUnits(group.amount, currency)} · ${percentText(group.amountShare)}`),
  ].join('\n');
}

function description({ groups, customers, total }: Pyramid, currency: string): string {
  const parts = groups.map(
    (group) =>
      `${group.tier}: ${grouped(group.customers)} customers (${percentText(group.customersShare)}), ` +
      `${majorUnits(group.amount, currency)} ${currency} (${percentText(group.amountShare)})`,
  );
  return `${grouped(customers)} customers with ${majorUnits(total, currency)} ${currency} in all. ${parts.join('; ')}.`;
}

/**
 * The two pyramids side by side as an SVG picture: share of heads and share of contribution of each tier, with figures. Self-contained,
 * with title and description for readers who do not see it.
 */
export function pyramidSvg(pyramid: Pyramid, { currency }: { readonly currency: string }): string {
  const { asOf, window, scope, count, customers, total, top20Share, top25Share } = pyramid;
  const what = `${scope}, window ${window}, as of ${asOf}${count === 'positive' ? ', customers above zero' : ''}`;
  const best = `The best 20 % of the customers bring ${percentText(top20Share)} of the contribution, the best 25 % ${percentText(top25Share)}.`;
  const heading = { weight: 600, fill: QUIET };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" ` +
      `aria-labelledby="pyramid-title pyramid-desc" font-family="Helvetica, Arial, 'Noto Sans', 'Noto Sans CJK SC', sans-serif">`,
    `<title id="pyramid-title">${escaped(`Customer pyramid: ${what}`)}</title>`,
    `<desc id="pyramid-desc">${escaped(`${description(pyramid, currency)} ${best}`)}</desc>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(40, 46, 'Customer pyramid', 26, { weight: 700, anchor: 'start' }),
    text(40, 72, what, 14, { fill: QUIET, anchor: 'start' }),
    text(HEADS_X, 114, `${grouped(customers)} customers`, 15, heading),
    text(AMOUNT_X, 114, `${majorUnits(total, currency)} ${currency} contribution`, 15, heading),
    ...pyramid.groups.map((group, index) => row(group, index, currency)),
    `<line x1="40" y1="${HEIGHT - 62}" x2="${WIDTH - 40}" y2="${HEIGHT - 62}" stroke="#cbd2d9"/>`,
    text(40, HEIGHT - 32, best, 15, { anchor: 'start' }),
    '</svg>',
    '',
  ].join('\n');
}
