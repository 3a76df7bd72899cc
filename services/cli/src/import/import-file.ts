import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, exitCodes } from '../failure';
import type { ApiClient } from '../platform-access/api-client';
import { CsvReader } from './csv/csv-reader';
import type { RecordBlock } from './csv/record-block';
import { LineMapper } from './mapping/line-mapper';
import type { LoadedMapping } from './mapping/load-mapping';
import { checkState, fingerprintOf, readState, writeState, type Fingerprint, type ImportState } from './progress/import-state';
import { RejectedFile } from './progress/rejected-file';
import { noCounts, type ImportCounts, type Progress } from './progress/counts';
import { ResumeLedger } from './progress/resume-ledger';
import { summarise, type ImportSummary } from './progress/summary';
import { ReceiptAssembler } from './receipts/receipt-assembler';
import type { Receipt } from './receipts/receipt';
import { wouldRefuse } from './sending/dry-run';
import { ReceiptSender } from './sending/receipt-sender';

const SAVE_EVERY_MS = 1_000;
/** Receipts that may wait for one that stays open; beyond it all open ones are sent as they are. */
const MAX_RECEIPTS_BEHIND = 100_000;
const ATTEMPTS = 5;

/** One file to import. */
export interface ImportJob {
  readonly file: string;
  readonly statePath: string;
  readonly rejectedPath: string;
  readonly mapping: LoadedMapping;
  /** Undefined for a dry run, which sends nothing and writes nothing. */
  readonly api?: ApiClient | undefined;
  readonly concurrency: number;
  readonly restart: boolean;
  /** Aborted when the user wants to stop; what was sent is still settled. */
  readonly signal: AbortSignal;
  /** Called at most a few times a second. */
  readonly onProgress?: (bytesRead: number, totalBytes: number, lines: number) => void;
  /** Called with each line that is not taken; a dry run shows them instead of keeping a file. */
  readonly onRefused?: (line: number, reason: string) => void;
  readonly retryDelayMs?: number;
}

/** Imports a file, going on where an earlier run stopped. Throws CliError where it cannot go on; the state is kept. */
export async function importFile(job: ImportJob): Promise<ImportSummary> {
  if (!existsSync(job.file)) throw new CliError(exitCodes.failed, 'There is no such file', job.file, { whatToDo: 'Check the path.' });
  const startedMs = performance.now();
  const file = await fingerprintOf(job.file);
  let first: ImportState | undefined;
  let answered = false;
  for (let attempt = 0; ; attempt++) {
    const state = await startState(job, file, first === undefined && job.restart);
    first ??= state;
    const run = new ImportRun(job, file, state);
    try {
      const counts = state.finished ? state.counts : await run.toTheEnd();
      const finished = state.finished || !run.interrupted;
      const rejectedFile = !job.api || !existsSync(job.rejectedPath) ? undefined : job.rejectedPath;
      const seconds = (performance.now() - startedMs) / 1000;
      const resumedAfterLine = first.counts.lines;
      const facts = {
        file: job.file,
        mapping: job.mapping.mapping.name,
        dryRun: !job.api,
        finished,
        resumedAfterLine,
        rejectedFile,
        seconds,
      };
      return summarise(counts, facts);
    } catch (error) {
      if (run.answers > 0) attempt = 0;
      answered ||= run.answers > 0;
      const mayPass = answered && error instanceof CliError && error.exitCode === exitCodes.unreachable;
      if (!mayPass || attempt >= ATTEMPTS || job.signal.aborted) throw error;
      await sleep((job.retryDelayMs ?? 1_000) * 2 ** attempt);
    }
  }
}

async function startState(job: ImportJob, file: Fingerprint, restart: boolean): Promise<ImportState> {
  const fresh: ImportState = { version: 1, file, mapping: job.mapping.hash, finished: false, counts: noCounts, after: 0, ahead: [] };
  if (!job.api) return fresh;
  if (restart) await rm(job.statePath, { force: true });
  const kept = readState(job.statePath);
  if (!kept) return fresh;
  checkState(kept, file, job.mapping.hash, job.statePath);
  if (kept.sample) await checkSample(job.api, kept.sample, job.statePath);
  return kept;
}

/** A platform that lacks what was acknowledged is another one: skipping lines there would lose them. */
async function checkSample(api: ApiClient, sample: NonNullable<ImportState['sample']>, path: string): Promise<void> {
  const key = [sample.store, sample.terminal, sample.receipt].map(encodeURIComponent).join('/');
  try {
    await api.get(`/v1/purchases/${key}`);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'purchase.not-found') throw error;
    throw new CliError(
      exitCodes.failed,
      'This is not the platform the import was begun with',
      `It does not know a receipt that ${path} counts as taken.`,
      {
        whatToDo: 'Send to the right platform, or begin again with --restart.',
      },
    );
  }
}

/** One pass over a file. */
class ImportRun {
  interrupted = false;
  /** Answers got from the platform. */
  answers = 0;
  private readonly ledger: ResumeLedger;
  private readonly sender: ReceiptSender | undefined;
  private assembler: ReceiptAssembler | undefined;
  private rejected: RejectedFile | undefined;
  private savedMs = performance.now();
  private shownMs = 0;
  private readonly totalBytes: number;

  constructor(
    private readonly job: ImportJob,
    private readonly file: Fingerprint,
    private readonly from: ImportState,
  ) {
    this.totalBytes = statSync(job.file).size;
    this.ledger = new ResumeLedger(from);
    if (job.api) {
      this.sender = new ReceiptSender(job.api, job.concurrency, (receipt, { outcome, code, detail }) => {
        this.answers++;
        this.settle(receipt, outcome, code ?? '', detail ?? '');
      });
    }
  }

  async toTheEnd(): Promise<ImportCounts> {
    try {
      await this.readAll();
      if (!this.interrupted) this.assembler?.finish();
      await this.sender?.finish();
      return await this.save(!this.interrupted);
    } catch (error) {
      this.sender?.abort();
      await this.save(false);
      throw error;
    } finally {
      this.rejected?.close();
    }
  }

  private async readAll(): Promise<void> {
    const reader = await CsvReader.open(this.job.file, this.job.mapping.mapping);
    let skip = this.from.after;
    for await (const block of reader.blocks()) {
      if (this.job.signal.aborted) {
        this.interrupted = true;
        return;
      }
      if (skip >= block.records.length) {
        skip -= block.records.length;
        continue;
      }
      this.assembler ??= await this.begin(reader.columns ?? [], block, skip);
      this.assembler.take(block, skip);
      skip = 0;
      this.ledger.advance();
      if (this.ledger.size > MAX_RECEIPTS_BEHIND) this.assembler.finish();
      await this.sender?.room();
      await this.keepUp(reader);
    }
    if (reader.columns && !this.assembler) new LineMapper(this.job.mapping.mapping, reader.columns);
  }

  private async begin(columns: readonly string[], block: RecordBlock, skip: number): Promise<ReceiptAssembler> {
    const { mapping } = this.job.mapping;
    const mapper = new LineMapper(mapping, columns);
    const isNew = this.from.after === 0 && this.from.ahead.length === 0;
    if (this.job.api) this.rejected = await RejectedFile.open(this.job.rejectedPath, isNew ? 0 : block.raw(skip).line);
    const events = {
      opened: (receipt: Receipt) => this.ledger.opened(receipt),
      closed: (receipt: Receipt) => this.send(receipt),
      rejected: (line: number, raw: string, reason: string) => this.refuse({ line, outcome: 'rejected', code: '', reason, raw }),
      passed: (passing: RecordBlock, place: number) => this.rejected?.keep(passing.raw(place).line),
    };
    return new ReceiptAssembler(mapper, mapping.receipts, events, this.from);
  }

  private send(receipt: Receipt): void {
    if (receipt.flaw !== undefined) this.settle(receipt, 'rejected');
    else if (this.sender) this.sender.send(receipt);
    else {
      const refusal = wouldRefuse(receipt);
      this.settle(receipt, refusal ? 'quarantined' : 'accepted', refusal?.code, refusal?.reason);
    }
  }

  private settle(receipt: Receipt, outcome: NonNullable<Receipt['outcome']>, code = '', reason = ''): void {
    if (outcome === 'quarantined')
      for (const raw of receipt.release()) this.refuse({ line: raw.line, outcome, code, reason, raw: raw.text });
    receipt.settle(outcome);
  }

  private refuse(line: Parameters<RejectedFile['add']>[0]): void {
    this.rejected?.add(line);
    this.job.onRefused?.(line.line, line.code ? `${line.code}: ${line.reason}` : line.reason);
  }

  private async keepUp(reader: CsvReader): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.shownMs > 200) {
      this.shownMs = nowMs;
      this.job.onProgress?.(reader.bytesRead(), this.totalBytes, this.assembler?.records ?? 0);
    }
    if (nowMs - this.savedMs > SAVE_EVERY_MS) {
      this.savedMs = nowMs;
      await this.save(false);
    }
  }

  /** Writes down how far everything is settled. What was rejected is on the disk before the state that counts it. */
  private async save(finished: boolean): Promise<ImportCounts> {
    const { assembler, from, job } = this;
    const progress: Progress = assembler ? this.ledger.progress(assembler.records, assembler.tally) : from;
    const { after, ahead, counts, sample } = progress;
    if (finished && assembler && (counts.lines !== assembler.records || ahead.length > 0)) {
      throw new Error(`${assembler.records} lines were read, but only ${counts.lines} are accounted for`);
    }
    if (!job.api) return counts;
    this.rejected?.flush();
    await writeState(job.statePath, {
      version: 1,
      file: this.file,
      mapping: job.mapping.hash,
      finished,
      counts,
      after,
      ahead: [...ahead],
      sample,
    });
    return counts;
  }
}
