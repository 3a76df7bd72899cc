import { command, withPlatform } from '../terminal/command';
import { withPeriod, type PeriodOptions } from '../tiers/period-options';

interface CustomerTier {
  readonly asOf: string;
  readonly window: string;
  readonly scope: string;
  readonly position: string;
  readonly words: string | readonly string[];
}

/** `regulars customer` */
export const customerCommand = () =>
  withPeriod(
    command('customer', 'The tier of one customer, and what is missing to the next.', [
      'customer 17850',
      'customer 17850 --as-of 2026-06-30 --json',
    ]),
  )
    .argument('<id>', 'customer id')
    .action(
      withPlatform<PeriodOptions>(async ({ api, options, show }, id = '') => {
        const { asOf, window, scope } = options;
        const tier = await api.get<CustomerTier>(`/v1/customers/${encodeURIComponent(id)}/tier`, { asOf, window, scope });
        const words = typeof tier.words === 'string' ? tier.words : tier.words.join('\n');
        show(tier, `${words}\nAs of ${tier.asOf}, window ${tier.window}, ${tier.scope}; at ${tier.position}`);
      }),
    );
