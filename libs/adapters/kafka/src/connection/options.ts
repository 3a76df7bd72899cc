/** TLS to the brokers. All of it PEM text, not file names. */
export interface KafkaTls {
  /** Certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** The client's own certificate and key, where the brokers ask for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** How the client says who it is. Use TLS with `plain`: it sends the password as it is. */
export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** Where the brokers are and how to reach them. */
export interface KafkaConnection {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** Named in the brokers' logs and quotas. */
  readonly clientId: string;
  /** True for TLS with the system's certificates. */
  readonly ssl?: boolean | KafkaTls | undefined;
  readonly sasl?: KafkaSasl | undefined;
  /** What the client has to say, instead of the console. Never anything of a message's content. */
  readonly log?: ((entry: KafkaLogEntry) => void) | undefined;
  readonly timings?: Partial<KafkaTimings> | undefined;
}

/** One line of the Kafka client's log. */
export interface KafkaLogEntry {
  readonly level: 'error' | 'warn' | 'info';
  readonly message: string;
}

/** Time limits in milliseconds, and how often something is tried. */
export interface KafkaTimings {
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** A consumer that has not been heard of for so long loses its sources. */
  readonly sessionTimeoutMs: number;
  /** So long a consumer may take to join when sources are shared out anew. */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** So long a broker may wait for new records before it answers that there are none. */
  readonly fetchWaitMs: number;
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
  /** So often a single request is repeated before it has failed. */
  readonly retries: number;
  /** After so long without an answer a publication has failed. */
  readonly sendTimeoutMs: number;
  /** Closing takes no longer, whatever the brokers and handlers do. */
  readonly closeTimeoutMs: number;
}

const DEFAULT_TIMINGS: KafkaTimings = {
  connectionTimeoutMs: 5_000,
  requestTimeoutMs: 15_000,
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatIntervalMs: 3_000,
  fetchWaitMs: 500,
  retryFirstMs: 200,
  retryMostMs: 5_000,
  retries: 5,
  sendTimeoutMs: 30_000,
  closeTimeoutMs: 10_000,
};

/** The time limits of a connection, defaults where it names none. Throws RangeError where they cannot work together. */
export function timingsOf({ timings }: KafkaConnection): KafkaTimings {
  const all = { ...DEFAULT_TIMINGS, ...timings };
  if (all.heartbeatIntervalMs * 2 > all.sessionTimeoutMs)
    throw new RangeError('heartbeatIntervalMs must be at most half of sessionTimeoutMs');
  if (all.fetchWaitMs > all.heartbeatIntervalMs) throw new RangeError('fetchWaitMs must not be above heartbeatIntervalMs');
  return all;
}
