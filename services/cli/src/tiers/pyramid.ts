import { writeFileSync } from 'node:fs';
import type { Pyramid } from '@regulars/loyalty-tier';
import { Option } from 'commander';
import { command, print, remark, withPlatform } from '../terminal/command';
import { withPeriod, type PeriodOptions } from './period-options';

interface PyramidOptions extends PeriodOptions {
  readonly count?: string;
  readonly csv?: boolean;
  readonly svg?: string;
}

/** The table, drawn by the service that made the figures; loaded only when it is needed. */
async function pyramidText(pyramid: Pyramid): Promise<string> {
  const { pyramidTable } = await import('@regulars/loyalty-tier');
  const drawn = pyramidTable(pyramid, { currency: pyramid.currency, width: process.stdout.columns });
  return `${drawn.trimEnd()}\nAt ${pyramid.position ?? 'the beginning'}, digest ${pyramid.digest}`;
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
        show(pyramid, options.json ? '' : await pyramidText(pyramid));
      }),
    );
