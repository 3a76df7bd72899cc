import { type DeadLetter, type DeadLetters, LOG_SOURCE, type LiveProjection, type RedriveOutcome, type Replays } from '@regulars/engine';
import { type Clock, CodedError, type Position } from '@regulars/kernel';
import type { EventStore } from '@regulars/ports';

/** A consumer of messages, besides the projections. */
export interface FollowedMessages {
  /** For the metrics: `contribution`. */
  readonly name: string;
  /** How far behind it is; null while that is not known. */
  lagSeconds(): number | null;
  /**
   * Takes the item of a letter of its own in again, with those of its key, oldest first, up to the first that fails again. Undefined where
   * the letter is somebody else's.
   */
  redrive(letter: DeadLetter): Promise<RedriveOutcome> | undefined;
}

/** The event store behind a process's projections. */
export interface LogBehind {
  readonly eventStore: Pick<EventStore, 'head'>;
  /** How far into the log a position lies, in bytes, where positions tell: for progress and lag only. */
  readonly bytes?: ((position: Position | undefined) => number) | undefined;
}

/** What operations look at and act on, in one process: whatever its services hand in. */
export interface OperationsParts {
  readonly chain: string;
  /** Which service the process is; absent where it is all of them. */
  readonly service?: string | undefined;
  readonly version: string;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly clock: Clock;
  readonly projections: readonly LiveProjection[];
  readonly followed?: readonly FollowedMessages[] | undefined;
  readonly deadLetters: DeadLetters;
  /** Absent where this process cannot replay. */
  readonly replays?: Replays | undefined;
  /** Absent where everything comes from a bus. */
  readonly log?: LogBehind | undefined;
  /** The services' own facts for the status, such as the size of a ledger; later ones win. */
  readonly facts: readonly (() => Promise<Readonly<Record<string, unknown>>>)[];
}

/** How one projection stands. */
export interface ProjectionStatus {
  readonly name: string;
  readonly version: string;
  /** In the service's own log; null where it has read nothing of it, or follows a bus. */
  readonly position: Position | null;
  readonly caughtUp: boolean;
  /** Absent where positions tell no bytes. */
  readonly lagBytes?: number | undefined;
  /** Age of what it has not taken in yet; null while that is not known. */
  readonly lagSeconds: number | null;
  readonly fault?: string | undefined;
}

/** Status, replays and dead letters of one process. */
export class Operations {
  readonly deadLetters: DeadLetters;

  constructor(private readonly parts: OperationsParts) {
    this.deadLetters = parts.deadLetters;
  }

  /** The replays of this process. Throws `replay.projection-unknown` where it has none: nothing of it can be replayed. */
  get replays(): Replays {
    if (!this.parts.replays) throw new CodedError('replay.projection-unknown', 'Nothing can be replayed in this process');
    return this.parts.replays;
  }

  /** Replays, newest first; none where nothing can be replayed. */
  async listReplays() {
    return (await this.parts.replays?.list()) ?? [];
  }

  /** How everything stands now. */
  async status() {
    const { chain, service, version, startedAt, deadLetters, log, facts } = this.parts;
    const head = await log?.eventStore.head();
    const stated = await Promise.all(facts.map((own) => own()));
    return {
      chain,
      ...(service === undefined ? {} : { service }),
      version,
      startedAt,
      ...(Object.assign({}, ...stated) as Readonly<Record<string, unknown>>),
      projections: await this.projectionStatus(head),
      replays: await this.listReplays(),
      deadLetters: deadLetters.count(),
    };
  }

  /** Each projection with its lag, in seconds and, where positions tell, in bytes of the log. */
  projectionStatus(head: Position | undefined): Promise<readonly ProjectionStatus[]> {
    return Promise.all(this.parts.projections.map((projection) => this.statusOf(projection, head)));
  }

  /** Takes a dead letter in again, with those of its key. Throws `dead-letter.not-found`. */
  async redrive(id: string) {
    const letter = await this.deadLetters.get(id);
    for (const followed of this.parts.followed ?? []) {
      const outcome = followed.redrive(letter);
      if (outcome) return outcome;
    }
    const { consumer, key } = letter;
    const live = this.parts.projections.find(({ live }) => `${live.status().name}@${live.content.version}` === consumer);
    if (!live) throw new CodedError('dead-letter.not-found', 'The version that parked it is not live any more');
    return live.live.redrive(consumer, key);
  }

  private async statusOf(projection: LiveProjection, head: Position | undefined): Promise<ProjectionStatus> {
    const { name, version, cursor, caughtUp, fault } = projection.live.status();
    const position = cursor[LOG_SOURCE];
    const bytes = this.parts.log?.bytes;
    return {
      name,
      version,
      position: position ?? null,
      caughtUp: this.parts.log ? head === undefined || (position ?? '') >= head : caughtUp,
      ...(bytes ? { lagBytes: Math.max(0, bytes(head) - bytes(position)) } : {}),
      lagSeconds: await lagSecondsOf(projection, this.parts.clock),
      fault,
    };
  }
}

async function lagSecondsOf({ live }: LiveProjection, clock: Clock): Promise<number | null> {
  return (await live.lagSeconds(clock.now()).catch(() => undefined)) ?? null;
}
