import { type Db, MongoClient, type MongoClientOptions, ReadConcern } from 'mongodb';
import { Calls } from './calls';
import { type MongoDocuments, MongoDocumentStore } from './mongo-document-store';
import { checkDatabase } from './names';
import { type LockTurn, notNeeded, WriteLock } from './write-lock';

/** Where the documents live, and what bounds the talk to them. */
export interface MongoDocumentsOptions {
  /** `mongodb://host:port,…/?replicaSet=…` or `mongodb+srv://…`. */
  readonly url: string;
  /** Letters, digits, hyphens and underscores, at most 50. */
  readonly database: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Database that knows the user; `admin` where nothing else is said. */
  readonly authSource?: string | undefined;
  readonly tls?: boolean | undefined;
  /** PEM file of the authority that signed the server's certificate, where the system does not know it. */
  readonly tlsCaFile?: string | undefined;
  /** PEM file with this client's certificate and key, where the server asks for one. */
  readonly tlsCertificateKeyFile?: string | undefined;
  /** Writes in one command, 1 to 10,000; 1,000 where nothing else is said. FerretDB hangs above 50: 32 there. */
  readonly bulkWritesMax?: number | undefined;
  /** How long one call to the server may take, waiting for it included; 10,000 where nothing else is said. */
  readonly timeoutMs?: number | undefined;
  /** Connections at the same time; 20 where nothing else is said. */
  readonly connectionsMax?: number | undefined;
}

/** How long a new connection may take, and a sign of life of the server; never more than a call. */
const CONNECT_MS_MAX = 5_000;
/** Collections of documents have a dot in their names, so they never meet this one. */
const LOCKS = 'locks';
/** How often the driver looks whether the server is there. */
const HEARTBEAT_MS = 5_000;

/**
 * Connects to MongoDB. Rejects with `StoreUnavailable` where the server is away (and may be called again), with TypeError on bad options, and
 * with an Error where it refuses the credentials. Once open, calls reject with `StoreUnavailable` while the server is away, each within
 * `timeoutMs`, and work again by themselves when it is back.
 */
export async function openMongoDocuments(options: MongoDocumentsOptions): Promise<MongoDocuments> {
  const { database, bulkWritesMax = 1_000, timeoutMs = 10_000, connectionsMax = 20 } = options;
  checkDatabase(database);
  checkWhole('bulkWritesMax', bulkWritesMax, 10_000);
  checkWhole('timeoutMs', timeoutMs, 600_000);
  checkWhole('connectionsMax', connectionsMax, 1_000);
  const client = clientFor(options, timeoutMs, connectionsMax);
  const calls = new Calls(timeoutMs);
  const db: Db = client.db(database, {
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: timeoutMs },
    readConcern: new ReadConcern('majority'),
    readPreference: 'primary',
  });
  try {
    const server = await calls.run(() => db.command({ buildInfo: 1 }), { repeatable: true });
    const lock = 'ferretdbVersion' in server ? new WriteLock(db.collection<LockTurn>(LOCKS), calls).alone : notNeeded;
    return new MongoDocumentStore(client, db, calls, bulkWritesMax, lock);
  } catch (error) {
    await client.close();
    throw error;
  }
}

function clientFor(options: MongoDocumentsOptions, timeoutMs: number, connectionsMax: number): MongoClient {
  const { url, username, password, authSource, tls, tlsCaFile, tlsCertificateKeyFile } = options;
  const connectMs = Math.min(timeoutMs, CONNECT_MS_MAX);
  const settings: MongoClientOptions = {
    appName: 'regulars',
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: connectMs,
    socketTimeoutMS: timeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    heartbeatFrequencyMS: HEARTBEAT_MS,
    maxPoolSize: connectionsMax,
    retryReads: true,
    retryWrites: true,
    ...(tls === undefined ? {} : { tls }),
    ...(tlsCaFile === undefined ? {} : { tls: true, tlsCAFile: tlsCaFile }),
    ...(tlsCertificateKeyFile === undefined ? {} : { tls: true, tlsCertificateKeyFile }),
    ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
    ...(authSource === undefined ? {} : { authSource }),
  };
  try {
    return new MongoClient(url, settings);
  } catch {
    // The driver's message repeats the address, credentials included.
    throw new TypeError('The address of the document store (mongodb.url) or its TLS and login settings are not valid');
  }
}

function checkWhole(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) throw new RangeError(`${name} must be an integer from 1 to ${max}`);
}
