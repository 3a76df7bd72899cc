import type { ServiceInstance } from '../platform-access/service-urls';

/** One projection in a status. */
export interface ProjectionStatus {
  readonly name: string;
  readonly version?: string | number;
  readonly position: string | null;
  readonly caughtUp: boolean;
  readonly lagBytes?: number;
  readonly lagSeconds?: number | null;
  readonly fault?: unknown;
}

/** How a relay to Kafka stands, as the process says that may lead it. */
export interface RelayStatus {
  readonly state: string;
  readonly behind?: number;
  readonly fault?: string;
}

/** What `/v1/status` says: of the whole platform, or of one service; each has its own parts. */
export interface Status {
  readonly chain: string;
  readonly service?: string;
  readonly version: string;
  readonly startedAt: string;
  readonly eventLog?: { readonly head: string | null; readonly bytes: number; readonly recovered?: { readonly cutBytes?: number } | null };
  readonly projections: readonly ProjectionStatus[];
  readonly ledger?: { readonly customers: number; readonly rows: number; readonly segments: number; readonly memoryBytes: number };
  readonly replays: readonly { readonly state?: string }[];
  readonly deadLetters: number;
  readonly quarantineOpen?: number;
  readonly relay?: RelayStatus;
  /** Relays to further sets of topics, by their suffix. */
  readonly alsoRelays?: Readonly<Record<string, RelayStatus>>;
  readonly intakeTopic?: { readonly lagSeconds: number | null; readonly parked: number } | null;
  readonly instance?: {
    readonly partitions: readonly { readonly source: string; readonly lagSeconds: number | null }[];
    readonly faults?: Readonly<Record<string, string>>;
  };
}

/** One process and what it said, or why it could not be asked. */
export interface AskedInstance extends ServiceInstance {
  readonly status?: Status;
  readonly error?: string;
}
