import { randomUUID } from 'node:crypto';
import type { DocumentStore } from '@regulars/ports';
import type { TcpProxy } from '@regulars/testing';
import { MongoClient } from 'mongodb';
import { type MongoDocuments, type MongoDocumentsOptions, openMongoDocuments } from '../src/index';

/** The server that specs run against. */
export function testServerUrl(): string {
  const url = process.env.REGULARS_TEST_MONGODB_URL;
  if (!url) throw new Error('Set REGULARS_TEST_MONGODB_URL to a MongoDB or FerretDB server; `npm run test:engines` starts one and does so');
  return url;
}

/** The first host of the server, for a proxy in front of it. */
export function serverAddress(): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(testServerUrl());
  return { host: hostname, port: Number(port || 27017) };
}

/** The server's URL by way of a proxy. */
export function throughProxy(proxy: TcpProxy): string {
  const url = new URL(testServerUrl());
  url.host = proxy.address;
  // Else the driver would learn the server's own address and go there.
  url.searchParams.set('directConnection', 'true');
  return url.href;
}

/** FerretDB hangs on larger bulks; MongoDB takes these as well. */
const BULK_WRITES_MAX = 32;

/** Stores on databases of their own, which are dropped after use. */
export class TestDatabases {
  private readonly client = new MongoClient(testServerUrl(), { serverSelectionTimeoutMS: 10_000, socketTimeoutMS: 20_000 });
  private readonly names = new Map<DocumentStore, string>();

  /** A store on an empty database, or on the one named. */
  async open(options: Partial<MongoDocumentsOptions> = {}): Promise<MongoDocuments> {
    const database = options.database ?? `spec-${randomUUID()}`;
    const store = await openMongoDocuments({ url: testServerUrl(), bulkWritesMax: BULK_WRITES_MAX, ...options, database });
    this.names.set(store, database);
    return store;
  }

  /** Closes a store and opens its database again. */
  async reopen(store: DocumentStore): Promise<MongoDocuments> {
    await store.close();
    return this.open({ database: this.nameOf(store) });
  }

  /** The database of a store. */
  nameOf(store: DocumentStore): string {
    const name = this.names.get(store);
    if (name === undefined) throw new Error('This store was not opened here');
    return name;
  }

  /** Closes a store and drops its database. */
  async dispose(store: DocumentStore): Promise<void> {
    await store.close();
    await this.client.db(this.nameOf(store)).dropDatabase();
  }

  /** Ends the connection that drops databases. */
  async close(): Promise<void> {
    await this.client.close();
  }
}
