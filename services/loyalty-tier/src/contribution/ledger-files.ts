import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Position } from '@regulars/kernel';
import type { LedgerMemory, LedgerNames } from './ledger-memory';
import type { Lane, LedgerWorkers } from './ledger-workers';
import { readManifest, writeManifest, type Manifest } from './manifest';
import { readNames } from './names-file';
import type { Segment } from './segment';
import { segmentFileName, type SegmentFile } from './segment-file';

/** Moments at which a test may stop the process: the files must be right after each. */
export type LedgerFailpoint =
  | 'ledger.before-flush'
  | 'ledger.after-segment'
  | 'ledger.before-manifest'
  | 'ledger.after-manifest'
  | 'ledger.compaction-before-switch'
  | 'ledger.compaction-after-switch';

/** Called at a failpoint. */
export type ReachFailpoint = (name: LedgerFailpoint) => void;

/** What becomes durable together. */
export interface LedgerState {
  /** All segments; those without a file are written. */
  readonly segments: readonly Segment[];
  readonly names: LedgerNames;
  readonly positions: Readonly<Record<string, Position>>;
  readonly regions: Readonly<Record<string, string>>;
}

const dictionaries = ['customers', 'stores', 'categories'] as const;
const namesFileName = (dictionary: string): string => `${dictionary}.names`;

/** The ledger's directory: immutable segments, append-only dictionaries, and a manifest that says what counts. */
export class LedgerFiles {
  private last: Promise<unknown> = Promise.resolve();
  private nextSegment: number;

  private constructor(
    private readonly directory: string,
    private readonly workers: LedgerWorkers,
    private readonly reach: ReachFailpoint,
    private manifest: Manifest,
  ) {
    this.nextSegment = manifest.nextSegment;
  }

  /** Reads a directory (made where it does not exist) into an empty ledger; what no manifest names is removed. Throws LedgerDamaged. */
  static async open(directory: string, workers: LedgerWorkers, reach: ReachFailpoint, memory: LedgerMemory): Promise<LedgerFiles> {
    mkdirSync(directory, { recursive: true });
    const manifest = readManifest(directory);
    const read = manifest.segments.map((file) =>
      workers.queries.run('readSegment', { path: join(directory, segmentFileName(file.id)), file }),
    );
    const segments = Promise.all(read);
    segments.catch(() => undefined);
    for (const name of dictionaries) readNames(join(directory, namesFileName(name)), manifest.names[name], memory[name]);
    memory.replace([], await segments);
    memory.positions = manifest.positions;
    for (const [store, region] of Object.entries(manifest.regions)) memory.regions.set(store, region);
    const files = new LedgerFiles(directory, workers, reach, manifest);
    files.removeStrangers();
    return files;
  }

  /** Bytes of all files that count. */
  get bytes(): number {
    const { segments, names } = this.manifest;
    return segments.reduce((sum, file) => sum + file.bytes, 0) + dictionaries.reduce((sum, name) => sum + names[name].bytes, 0);
  }

  /** Up to where each source is durable. */
  get positions(): Readonly<Record<string, Position>> {
    return this.manifest.positions;
  }

  /** A number for a new segment. */
  takeId = (): number => this.nextSegment++;

  /** Whether a segment is durable. */
  has({ id }: Segment): boolean {
    return this.manifest.segments.some((file) => file.id === id);
  }

  /** Runs one thing after the other: each changes the manifest that the one before left. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Makes a state durable, all or nothing. To be called within `exclusively`. */
  async commit({ segments, names, positions, regions }: LedgerState): Promise<void> {
    const fresh = segments.filter((segment) => !this.has(segment));
    const written = await Promise.all(fresh.map((segment) => this.write(this.workers.queries, segment, positions)));
    this.reach('ledger.after-segment');
    const [customers, stores, categories] = await Promise.all(
      dictionaries.map((name) => {
        const path = join(this.directory, namesFileName(name));
        return this.workers.queries.run('appendNames', { path, names: names[name], file: this.manifest.names[name] });
      }),
    );
    this.reach('ledger.before-manifest');
    this.switchTo({
      ...this.manifest,
      positions,
      segments: [...this.manifest.segments, ...written],
      names: { customers: customers!, stores: stores!, categories: categories! },
      regions,
    });
    this.reach('ledger.after-manifest');
  }

  /** Writes a segment that does not count yet, in the background. */
  writeMerged(segment: Segment): Promise<SegmentFile> {
    return this.write(this.workers.background, segment, this.manifest.positions);
  }

  /** Lets merged segments count instead of those they were made from. To be called within `exclusively`. */
  replace(old: readonly Segment[], merged: readonly SegmentFile[], switched: () => void): void {
    const gone = new Set(old.map(({ id }) => id));
    this.reach('ledger.compaction-before-switch');
    this.switchTo({ ...this.manifest, segments: [...this.manifest.segments.filter(({ id }) => !gone.has(id)), ...merged] });
    switched();
    this.reach('ledger.compaction-after-switch');
    for (const id of gone) rmSync(join(this.directory, segmentFileName(id)), { force: true });
  }

  private write(lane: Lane, segment: Segment, positions: Readonly<Record<string, Position>>): Promise<SegmentFile> {
    return lane.run('writeSegment', { path: join(this.directory, segmentFileName(segment.id)), segment, positions });
  }

  private switchTo(manifest: Manifest): void {
    const next = { ...manifest, nextSegment: this.nextSegment };
    writeManifest(this.directory, next);
    this.manifest = next;
  }

  private removeStrangers(): void {
    const known = new Set(this.manifest.segments.map(({ id }) => segmentFileName(id)));
    for (const name of readdirSync(this.directory)) {
      if ((/^segment-\d+\.seg$/.test(name) && !known.has(name)) || name === 'manifest.tmp') rmSync(join(this.directory, name));
    }
  }
}
