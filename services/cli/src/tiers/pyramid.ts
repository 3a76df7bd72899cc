import { writeFileSync } from 'node:fs';
import { formatMinor } from '@regulars/kernel';
import { Option } from 'commander';
import { command, print, remark, withPlatform } from '../terminal/command';
import { table } from '../terminal/table';
import { withPeriod, type PeriodOptions } from './period-options';

interface Pyramid {
  readonly asOf: string;
  readonly window: string;
  readonly scope: string;
  readonly customers: number;
  readonly total: number;
  readonly currency: string;
  readonly groups: readonly {
    readonly tier: string;
    readonly customers: number;
    readonly customersShare: number;
    readonly amount: number;
    readonly amountShare: number;
    readonly cut: number | null;
    readonly average: number | null;
    readonly visits: number;
  }[];
  readonly top20Share: number;
  readonly top25Share: number;
  readonly position: string;
  readonly digest: string;
}

interface PyramidOptions extends PeriodOptions {
  readonly count?: string;
  readonly csv?: boolean;
  readonly svg?: string;
}

const percent = (share: number) => `${share.toFixed(2)} %`;

function pyramidText(pyramid: Pyramid): string {
  const money = (amount: number | null) => (amount === null ? '' : formatMinor(amount, pyramid.currency));
  const groups = table(pyramid.groups, [
    { title: 'tier', value: (group) => group.tier },
    { title: 'customers', value: (group) => group.customers, right: true },
    { title: 'share', value: (group) => percent(group.customersShare), right: true },
    { title: pyramid.currency, value: (group) => money(group.amount), right: true },
    { title: 'share', value: (group) => percent(group.amountShare), right: true },
    { title: 'from', value: (group) => money(group.cut), right: true },
    { title: 'average', value: (group) => money(group.average), right: true },
    { title: 'visits', value: (group) => group.visits, right: true },
  ]);
  return [
    `As of ${pyramid.asOf}, window ${pyramid.window}, ${pyramid.scope}: ${pyramid.customers.toLocaleString('en-GB')} customers, ${money(pyramid.total)} ${pyramid.currency}`,
    groups,
    `The top 20 % bring ${percent(pyramid.top20Share)}, the top 25 % bring ${percent(pyramid.top25Share)}.`,
    `At ${pyramid.position}, digest ${pyramid.digest}`,
  ].join('\n');
}

/** `regulars pyramid` */
export const pyramidCommand = () =>
  withPeriod(
    command('pyramid', 'The customers in tiers, with what each tier brings.', [
      'pyramid --window 12m',
      'pyramid --scope region:north --as-of 2026-06-30 --csv',
      'pyramid --svg pyramid.svg',
    ]),
  )
    .addOption(new Option('--count <who>', 'everybody with a purchase, or only who brought more than nothing').choices(['all', 'positive']))
    .addOption(new Option('--csv', 'as CSV').conflicts('json'))
    .addOption(new Option('--svg <file>', 'as a picture into a file').conflicts(['json', 'csv']))
    .action(
      withPlatform<PyramidOptions>(async ({ api, options, show }) => {
        const { asOf, window, scope, count, csv, svg } = options;
        const query = { asOf, window, scope, count };
        if (csv) return print(await api.getText('/v1/pyramid', { ...query, format: 'csv' }));
        if (svg !== undefined) {
          writeFileSync(svg, await api.getText('/v1/pyramid', { ...query, format: 'svg' }));
          return remark(`Written: ${svg}`);
        }
        const pyramid = await api.get<Pyramid>('/v1/pyramid', query);
        show(pyramid, pyramidText(pyramid));
      }),
    );
