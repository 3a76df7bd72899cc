import { join } from 'node:path';
import type { JsonObject, Position } from '@regulars/kernel';
import type { CollectionSpec, DocumentCollection, DocumentStore } from '@regulars/ports';
import { EmbeddedCollection } from './document-collection';
import type { ReadModelsFailpoint } from './failpoint';
import { checkField, checkKey, checkName } from './names';
import type { ReadModelOperations } from './operations';
import { WorkerClient } from './worker-client';

/** Where the read models live. */
export interface ReadModelsOptions {
  /** Path of the database file; made where it is missing, in a folder that exists. */
  readonly file: string;
  /**
   * For tests: told `read-models.<step>-before-commit` and `…-after-commit`, where step is open, write, switch, drop or checkpoint; the
   * database waits for it. A throw fails the step there: before the commit nothing is stored, after it only the answer is lost.
   */
  readonly failpoint?: ReadModelsFailpoint | undefined;
}

// The build, also when this file runs from its source.
const WORKER = join(__dirname, '..', '..', 'dist', 'read-models', 'worker.js');

class EmbeddedDocumentStore implements DocumentStore {
  constructor(private readonly worker: WorkerClient<ReadModelOperations>) {}

  async collection<D extends JsonObject>(spec: CollectionSpec): Promise<DocumentCollection<D>> {
    checkName('name of a collection', spec.name);
    checkName('version of a collection', spec.version);
    spec.indexes.forEach(checkField);
    const { name, version } = spec;
    const indexes = [...new Set(spec.indexes)];
    return new EmbeddedCollection<D>(this.worker, await this.worker.call('openCollection', { name, version, indexes }), indexes);
  }

  async activeVersion(name: string): Promise<string | undefined> {
    checkName('name of a collection', name);
    return this.worker.call('activeVersion', name);
  }

  async switchVersion(name: string, from: string | undefined, to: string): Promise<boolean> {
    checkName('name of a collection', name);
    if (from !== undefined) checkName('version of a collection', from);
    checkName('version of a collection', to);
    return this.worker.call('switchVersion', name, from, to);
  }

  async dropVersion(name: string, version: string): Promise<void> {
    checkName('name of a collection', name);
    checkName('version of a collection', version);
    await this.worker.call('dropVersion', name, version);
  }

  async loadCheckpoint(consumer: string): Promise<Position | undefined> {
    checkKey('name of a consumer', consumer);
    return this.worker.call('loadCheckpoint', consumer);
  }

  async saveCheckpoint(consumer: string, position: Position): Promise<void> {
    checkKey('name of a consumer', consumer);
    checkKey('position', position);
    await this.worker.call('saveCheckpoint', consumer, position);
  }

  async close(): Promise<void> {
    await this.worker.end('close');
  }
}

/**
 * Opens the embedded read models; the database is worked on in a thread of its own. The whole file is checked first (about a second per
 * gigabyte). Rejects with `ReadModelsDamaged` on a broken file and with `StoreUnavailable` where another process has it open.
 */
export async function openReadModels({ file, failpoint }: ReadModelsOptions): Promise<DocumentStore> {
  const worker = new WorkerClient<ReadModelOperations>(WORKER, { file }, failpoint);
  try {
    await worker.call('open');
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return new EmbeddedDocumentStore(worker);
}
