import { createWriteStream, readFileSync } from 'node:fs';
import type { IntakeResult } from '@regulars/contracts';
import { Option } from 'commander';
import { stringify } from 'yaml';
import { CliError, exitCodes } from '../failure';
import { command, group, print, remark, withPlatform } from '../terminal/command';
import { table } from '../terminal/table';

interface Entry {
  readonly id: string;
  readonly status: string;
  readonly kind: string;
  readonly code: string;
  readonly detail: string;
  readonly store?: string | null;
  readonly terminal?: string | null;
  readonly receipt?: string | null;
  readonly day?: string | null;
  readonly timesReceived: number;
}

interface Filters {
  readonly status?: string;
  readonly store?: string;
  readonly code?: string;
}

const entryPath = (id: string, action = '') => `/v1/quarantine/${encodeURIComponent(id)}${action}`;

function withFilters(list: ReturnType<typeof command>) {
  return list
    .addOption(new Option('--status <status>', 'only entries in that state').choices(['open', 'redriven', 'dismissed']))
    .option('--store <id>', 'only entries of a store')
    .option('--code <code>', 'only entries with that reason, for example purchase.conflict');
}

const list = () =>
  withFilters(command('list', 'What could not be taken, with the reason.', ['quarantine list --status open --store s1']))
    .option('--limit <number>', 'entries on a page', '50')
    .option('--cursor <cursor>', 'where the next page begins, as the page before said')
    .action(
      withPlatform<Filters & { limit: string; cursor?: string }>(async ({ api, options, show }) => {
        const { status, store, code, limit, cursor } = options;
        const page = await api.get<{ items: Entry[]; next?: string }>('/v1/quarantine', { status, store, code, limit, cursor });
        const text = table(
          page.items,
          [
            { title: 'id', value: (entry) => entry.id },
            { title: 'status', value: (entry) => entry.status },
            { title: 'kind', value: (entry) => entry.kind },
            { title: 'code', value: (entry) => entry.code },
            { title: 'receipt', value: (entry) => [entry.store, entry.terminal, entry.receipt].filter(Boolean).join('/') },
            { title: 'day', value: (entry) => entry.day },
            { title: 'times', value: (entry) => entry.timesReceived, right: true },
            { title: 'detail', value: (entry) => entry.detail },
          ],
          'Nothing in quarantine.',
        );
        show(page, page.next === undefined ? text : `${text}\nMore: --cursor ${page.next}`);
      }),
    );

const showOne = () =>
  command('show', 'One entry with the raw input and what it conflicts with.', ['quarantine show 0b8f…'])
    .argument('<id>', 'id of the entry')
    .action(
      withPlatform(async ({ api, show }, id = '') => {
        const entry = await api.get<unknown>(entryPath(id));
        show(entry, stringify(entry));
      }),
    );

const redrive = () =>
  command('redrive', 'Tries an entry again, corrected or as it is.', [
    'quarantine redrive 0b8f…',
    'quarantine redrive 0b8f… --corrected item.json',
  ])
    .argument('<id>', 'id of the entry')
    .option('--corrected <file>', 'JSON file with the item as it should have been')
    .action(
      withPlatform<{ corrected?: string }>(async ({ api, options, show }, id = '') => {
        const result = await api.post<IntakeResult>(
          entryPath(id, ':redrive'),
          options.corrected ? { corrected: readItem(options.corrected) } : {},
        );
        show(result, [result.outcome, result.code, result.detail].filter(Boolean).join(': '));
        return result.outcome === 'quarantined' ? exitCodes.leftovers : exitCodes.ok;
      }),
    );

function readItem(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.usage, 'The corrected item cannot be read', `${file}: ${why}`, {
      whatToDo: 'Give a file with one JSON object.',
    });
  }
}

const dismiss = () =>
  command('dismiss', 'Sets an entry aside for good.', ["quarantine dismiss 0b8f… --reason 'training receipt'"])
    .argument('<id>', 'id of the entry')
    .requiredOption('--reason <text>', 'why; kept with the entry')
    .action(
      withPlatform<{ reason: string }>(async ({ api, options, show }, id = '') => {
        const entry = await api.post<unknown>(entryPath(id, ':dismiss'), { reason: options.reason });
        show(entry, 'Dismissed.');
      }),
    );

const exportAll = () =>
  withFilters(
    command('export', 'All entries with their raw input, one JSON object a line.', [
      'quarantine export --status open --out quarantine.ndjson',
    ]),
  )
    .option('--out <file>', 'write here instead of to standard output')
    .action(
      withPlatform<Filters & { out?: string }>(async ({ api, options }) => {
        const { status, store, code, out } = options;
        const text = await api.getText('/v1/quarantine:export', { status, store, code });
        if (out === undefined) return text === '' ? undefined : print(text);
        await new Promise<void>((resolve, reject) => createWriteStream(out, { mode: 0o600 }).on('error', reject).end(text, resolve));
        return remark(`Written: ${out}`);
      }),
    );

/** `regulars quarantine …` */
export const quarantineCommand = () =>
  group('quarantine', 'What could not be taken.', [list(), showOne(), redrive(), dismiss(), exportAll()]);
