import { command, withPlatform } from '../terminal/command';
import { table } from '../terminal/table';

interface Terminal {
  readonly store: string;
  readonly terminal: string;
  readonly first: number;
  readonly last: number;
  readonly received: number;
  readonly missing: readonly (readonly [number, number])[];
  readonly missingCount: number;
}

const SHOWN = 10;

function ranges(missing: Terminal['missing']): string {
  const texts = missing.slice(0, SHOWN).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return missing.length > SHOWN ? `${texts.join(', ')}, and ${missing.length - SHOWN} more` : texts.join(', ');
}

/** `regulars gaps` */
export const gapsCommand = () =>
  command('gaps', 'Receipts missing in the running numbers of the terminals.', ['gaps --store s1'])
    .option('--store <id>', 'one store only')
    .action(
      withPlatform<{ store?: string }>(async ({ api, options, show }) => {
        const found = await api.get<{ terminals: Terminal[] }>('/v1/sequence-gaps', { store: options.store });
        const text = table(
          found.terminals,
          [
            { title: 'store', value: (row) => row.store },
            { title: 'terminal', value: (row) => row.terminal },
            { title: 'first', value: (row) => row.first, right: true },
            { title: 'last', value: (row) => row.last, right: true },
            { title: 'received', value: (row) => row.received, right: true },
            { title: 'missing', value: (row) => row.missingCount, right: true },
            { title: 'which', value: (row) => ranges(row.missing) },
          ],
          'No terminal sends running numbers.',
        );
        show(found, text);
      }),
    );
