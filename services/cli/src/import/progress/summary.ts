import type { ImportCounts } from './counts';

/** What an import of one file came to. */
export interface ImportSummary {
  readonly file: string;
  readonly mapping: string;
  readonly dryRun: boolean;
  /** False where it was interrupted. */
  readonly finished: boolean;
  /** Lines skipped because an earlier run had settled them; their counts are included. */
  readonly resumedAfterLine: number;
  readonly linesRead: number;
  readonly linesInReceipts: number;
  readonly receipts: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly quarantinedLines: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly rejectedLines: number;
  readonly rejectedFile?: string | undefined;
  readonly seconds: number;
  readonly linesPerSecond: number;
}

/** Builds the summary. */
export function summarise(
  counts: ImportCounts,
  facts: Pick<ImportSummary, 'file' | 'mapping' | 'dryRun' | 'finished' | 'resumedAfterLine' | 'rejectedFile' | 'seconds'>,
): ImportSummary {
  const seconds = Math.round(facts.seconds * 1000) / 1000;
  return {
    ...facts,
    seconds,
    linesRead: counts.lines,
    linesInReceipts: counts.linesInReceipts,
    receipts: counts.receipts,
    accepted: counts.accepted,
    duplicate: counts.duplicate,
    quarantined: counts.quarantined,
    quarantinedLines: counts.quarantinedLines,
    excluded: counts.excluded,
    rejectedLines: counts.rejectedLines,
    linesPerSecond: Math.round((counts.lines - facts.resumedAfterLine) / Math.max(facts.seconds, 0.001)),
  };
}

const number = (value: number) => value.toLocaleString('en-GB');

/** The summary for the terminal. */
export function summaryText(summary: ImportSummary): string {
  const rows: [string, number | string][] = [
    ['lines read', summary.linesRead],
    ['  in receipts', summary.linesInReceipts],
    ...Object.entries(summary.excluded).map(([rule, count]): [string, number] => [`  excluded: ${rule}`, count]),
    ['  rejected', summary.rejectedLines],
    [summary.dryRun ? 'receipts (nothing was sent)' : 'receipts', summary.receipts],
    [summary.dryRun ? '  valid' : '  accepted', summary.accepted],
    ...(summary.dryRun ? [] : [['  duplicate', summary.duplicate] as [string, number]]),
    [summary.dryRun ? '  would be quarantined' : '  quarantined', summary.quarantined],
    ['seconds', summary.seconds.toFixed(1)],
    ['lines/s', summary.linesPerSecond],
  ];
  const texts = rows.map(([label, value]) => [label, typeof value === 'number' ? number(value) : value] as const);
  const wide = Math.max(...texts.map(([label]) => label.length));
  const lines = [`${summary.file} with mapping ${summary.mapping}${summary.finished ? '' : ' (not finished)'}`];
  for (const [label, value] of texts) lines.push(`${label.padEnd(wide)}  ${value.padStart(11)}`);
  if (summary.resumedAfterLine > 0) lines.push(`Lines up to ${number(summary.resumedAfterLine)} were settled by an earlier run.`);
  if (summary.rejectedFile) lines.push(`What was not taken, line by line with the reason: ${summary.rejectedFile}`);
  return lines.join('\n');
}
