import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cursor, ParkedBy, Projection, ProjectionVersion } from '@regulars/engine';
import type { DeliveredMessage, DocumentStore } from '@regulars/ports';
import { findPoison, ledgerChanges } from '../subscribes';
import { LedgerDamaged } from './damaged';
import { ContributionLedger } from './ledger';
import type { LedgerWorkers } from './ledger-workers';
import type { ReachFailpoint } from './ledger-files';

/** Name of the ledger among the projections. */
export const CONTRIBUTION = 'contribution';

/** What the ledger's versions are kept in. */
export interface ContributionProjectionOptions {
  /** Each version has a folder of its own in here. */
  readonly directory: string;
  /** Remembers which version is live. */
  readonly documents: DocumentStore;
  readonly workers: LedgerWorkers;
  readonly failpoint?: ReachFailpoint | undefined;
  /** Told what went wrong with the files; the ledger then goes on or is built again from the events. */
  readonly onFault: (reason: string) => void;
  /** Told which ledger readers see from now on. */
  readonly onLive: (ledger: ContributionLedger) => void;
}

/** A version of the ledger that can be built beside the live one. */
export class LedgerVersion implements ProjectionVersion<DeliveredMessage> {
  constructor(
    readonly version: string,
    readonly ledger: ContributionLedger,
  ) {}

  cursor(): Cursor {
    return this.ledger.positions;
  }

  apply(messages: readonly DeliveredMessage[], upTo: Cursor): Promise<void> {
    const { changes, regions } = ledgerChanges(messages);
    try {
      this.ledger.apply(changes, { ...this.ledger.positions, ...upTo }, regions);
    } catch (error) {
      return Promise.reject(error instanceof RangeError ? findPoison(messages, error) : (error as Error));
    }
    return Promise.resolve();
  }

  flush(): Promise<void> {
    return this.ledger.flush();
  }

  async digest(): Promise<string> {
    return (await this.ledger.digest()).digest;
  }

  close(): Promise<void> {
    return this.ledger.close();
  }
}

/** What parking needs to know of the messages a ledger is made from. */
export const parkedContribution: ParkedBy<DeliveredMessage> = {
  name: CONTRIBUTION,
  keyOf: (message) => message.key,
  describe: ({ id, type, position }) => ({ id, type, position }),
};

/** Where ledgers lie, and what they work with. */
export type LedgerFolders = Pick<ContributionProjectionOptions, 'directory' | 'workers' | 'failpoint' | 'onFault'>;

/** Opens the ledger in a folder; one that is damaged is put aside beside it and begun anew, to be built again from the events. */
export async function openOrPutAside(
  { directory, workers, failpoint, onFault }: LedgerFolders,
  folder: string,
): Promise<ContributionLedger> {
  const path = join(directory, folder);
  const onBackgroundError = (error: unknown) => onFault(error instanceof Error ? error.message : String(error));
  const open = () => ContributionLedger.open({ directory: path, workers, failpoint, onBackgroundError });
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof LedgerDamaged)) throw error;
    onFault(`${error.message}; it is kept as ${folder}.damaged and built again from the events`);
    await rm(`${path}.damaged`, { recursive: true, force: true });
    await rename(path, `${path}.damaged`);
    return open();
  }
}

/** The contribution ledger as a projection: versions are folders, the live one is named in the document store. */
export function contributionProjection(options: ContributionProjectionOptions): Projection<DeliveredMessage> {
  const { directory, documents, onLive } = options;
  const folder = (version: string) => join(directory, version);
  return {
    activeVersion: () => documents.activeVersion(CONTRIBUTION),
    async open(version) {
      return new LedgerVersion(version, await openOrPutAside(options, version));
    },
    async switchVersion(from, to) {
      await to.flush();
      const switched = await documents.switchVersion(CONTRIBUTION, from, to.version);
      if (switched && to instanceof LedgerVersion) onLive(to.ledger);
      return switched;
    },
    drop: (version) => rm(folder(version), { recursive: true, force: true }),
    ...parkedContribution,
  };
}
