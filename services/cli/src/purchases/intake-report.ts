import { command, group, withPlatform } from '../terminal/command';
import { table } from '../terminal/table';

interface Counts {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}
interface Report {
  readonly rows: readonly (Counts & { readonly store: string | null; readonly day: string | null })[];
  readonly total: Counts;
}

const report = () =>
  command('report', 'Received = accepted + duplicate + quarantined, by store and day.', [
    'intake report --store s1 --from 2026-03-01 --to 2026-03-31',
  ])
    .option('--store <id>', 'one store only')
    .option('--from <date>', 'first day')
    .option('--to <date>', 'last day')
    .action(
      withPlatform<{ store?: string; from?: string; to?: string }>(async ({ api, options, show }) => {
        const { store, from, to } = options;
        const found = await api.get<Report>('/v1/intake/report', { store, from, to });
        const rows = [...found.rows, { store: 'total', day: '', ...found.total }];
        const text = table(rows, [
          { title: 'store', value: (row) => row.store ?? '(none)' },
          { title: 'day', value: (row) => row.day },
          { title: 'received', value: (row) => row.received, right: true },
          { title: 'accepted', value: (row) => row.accepted, right: true },
          { title: 'duplicate', value: (row) => row.duplicate, right: true },
          { title: 'quarantined', value: (row) => row.quarantined, right: true },
        ]);
        show(found, text);
      }),
    );

/** `regulars intake …` */
export const intakeCommand = () => group('intake', 'What came in.', [report()]);
