import { Option, type Command } from 'commander';

/** What a tier question is about. */
export interface PeriodOptions {
  readonly asOf?: string;
  readonly window?: string;
  readonly scope?: string;
}

/** Adds --as-of, --window and --scope. */
export function withPeriod(command: Command): Command {
  return command
    .addOption(new Option('--as-of <date>', 'as it was at the end of that day (YYYY-MM-DD); default: today'))
    .addOption(new Option('--window <window>', 'all, 12m (rolling months), 2026 (a year) or 2026-01-01..2026-03-31'))
    .addOption(new Option('--scope <scope>', 'chain, region:NAME, store:ID or category:NAME'));
}
