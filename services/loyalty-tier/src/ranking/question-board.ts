import type { Report } from '@regulars/engine';
import type { Clock, JsonObject, Position } from '@regulars/kernel';
import { type DeliveredMessage, type Message, UNREADABLE_RECORD } from '@regulars/ports';
import type { IntegrationEvent } from '@regulars/contracts';
import type { Lane } from '../contribution/ledger-workers';
import { Course } from './course';
import { rankingAnsweredV1, rankingAskedV1, rankingDeclinedV1, RANKINGS_TOPIC, PARTS_MAX } from './messages';
import type { Answered, Asked, Declined, Task } from './messages';
import { OpenQuestion } from './open-question';
import type { OwnedSnapshots } from './owned-snapshots';
import type { Result } from './rounds';

/** Questions of all instances that are followed at a time; more are left out, and asked anew by whoever asked. */
const OPEN_MAX = 128;
/** Questions worked on at a time, in the order they were asked: all instances work on the same ones. */
const WORKED_ON_MAX = 8;
/** So much later by the clock than its time was up, a question is of the past: clocks of instances may be that far apart. */
const CLOCK_MS_MAX = 20_000;

/** What became of a question. */
export type Outcome =
  | { readonly outcome: 'answered'; readonly result: Result }
  | { readonly outcome: 'declined'; readonly reason: Declined['reason']; readonly standsAt?: Position | undefined }
  | { readonly outcome: 'late' };

/** What the board is built on. */
export interface QuestionBoardPorts {
  /** Every partition there is. */
  readonly sources: readonly string[];
  readonly ledgers: OwnedSnapshots;
  readonly lane: Lane;
  readonly publish: (messages: readonly Message[]) => Promise<void>;
  readonly chain: string;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly report: Report;
}

/**
 * All questions under way, of every instance. Each instance follows them all, works for the partitions it owns, and comes by itself to
 * what is to be done next; whoever asked takes the result. Nobody leads.
 */
export class QuestionBoard {
  private readonly open = new Map<string, OpenQuestion>();
  private readonly waiting = new Map<string, (outcome: Outcome) => void>();
  private closed = false;

  constructor(private readonly ports: QuestionBoardPorts) {}

  /** Questions under way that this instance knows of. */
  get size(): number {
    return this.open.size;
  }

  /** Asks all partitions and waits for what comes of it, no longer than told. */
  async ask(at: Position, task: Task, withinMs: number): Promise<Outcome> {
    const { clock, newId } = this.ports;
    const asked: Asked = { question: newId(), at, askedAt: new Date(clock.now()).toISOString(), withinMs, task };
    let timer: NodeJS.Timeout | undefined;
    const outcome = new Promise<Outcome>((resolve) => {
      this.waiting.set(asked.question, resolve);
      timer = setTimeout(() => resolve({ outcome: 'late' }), withinMs);
    });
    try {
      if (!(await this.say(rankingAskedV1, asked.question, [asked]))) return { outcome: 'late' };
      return await outcome;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(asked.question);
    }
  }

  /** Takes a message of the topic. What is no message of its contract is reported and left out. */
  handle({ type, data }: Pick<DeliveredMessage, 'type' | 'data'>): void {
    if (type === rankingAskedV1.type) return this.read(rankingAskedV1, data, (asked) => this.begin(asked as Asked));
    const late = (type === rankingAnsweredV1.type || type === rankingDeclinedV1.type) && !this.open.has(String(data['question']));
    if (late) return;
    if (type === rankingAnsweredV1.type) return this.read(rankingAnsweredV1, data, (answer) => this.take(answer as Answered));
    if (type === rankingDeclinedV1.type) {
      return this.read(rankingDeclinedV1, data, ({ question, reason, standsAt }: Declined) =>
        this.settle(question, { outcome: 'declined', reason, standsAt }),
      );
    }
    this.fault(type === UNREADABLE_RECORD ? 'a record on the rankings topic cannot be read' : 'a message of an unknown type was left out');
  }

  /** To be called when an owned partition has come to a further position, or has come. */
  moved(): void {
    this.work();
  }

  /** Gives all questions up. */
  close(): void {
    this.closed = true;
    for (const question of [...this.waiting.keys()]) this.settle(question, { outcome: 'late' });
    for (const question of [...this.open.keys()]) this.drop(question);
  }

  private read<Data>({ schema, type }: IntegrationEvent<Data>, data: JsonObject, take: (data: Data) => void): void {
    const parsed = schema.safeParse(data);
    if (parsed.success) take(parsed.data);
    else this.fault(`a message ${type} breaks its contract and was left out`);
  }

  private begin(asked: Asked): void {
    const { clock, sources, lane } = this.ports;
    if (this.closed || this.open.has(asked.question)) return;
    if (clock.now() - Date.parse(asked.askedAt) > asked.withinMs + CLOCK_MS_MAX) return;
    if (this.open.size >= OPEN_MAX) return this.fault('too many questions are under way; one was left out');
    this.open.set(asked.question, new OpenQuestion(new Course(asked, sources), lane, () => this.drop(asked.question)));
    this.work();
  }

  private take(answer: Answered): void {
    const open = this.open.get(answer.question);
    if (!open) return;
    try {
      const acceptance = open.course.take(answer);
      if (acceptance === 'different') this.fault(`two answers for partition ${answer.source} in round ${answer.content.round} differ`);
    } catch (error) {
      this.fault(error instanceof Error ? error.message : String(error));
      return this.settle(answer.question, { outcome: 'declined', reason: 'fault' });
    }
    const { result } = open.course;
    if (result) this.settle(answer.question, { outcome: 'answered', result });
    else this.work();
  }

  private settle(question: string, outcome: Outcome): void {
    this.waiting.get(question)?.(outcome);
    this.drop(question);
    this.work();
  }

  private drop(question: string): void {
    this.open.get(question)?.close();
    this.open.delete(question);
  }

  /** Sets everything going that can be found out now. */
  private work(): void {
    if (this.closed) return;
    const all = [...this.open.values()];
    for (const open of all) {
      for (const { source, standsAt } of open.reserve(this.ports.ledgers)) {
        void this.say(rankingDeclinedV1, open.id, [{ question: open.id, source, reason: 'passed', standsAt }]);
      }
    }
    for (const open of all.slice(0, WORKED_ON_MAX)) for (const source of open.toDo()) void this.answer(open, source);
  }

  private async answer(open: OpenQuestion, source: string): Promise<void> {
    const question = open.id;
    try {
      const contents = await open.answer(source);
      const parts = contents.length;
      if (parts > PARTS_MAX) throw new Error('an answer is too long to be told');
      if (!open.closed)
        await this.say(
          rankingAnsweredV1,
          question,
          contents.map((content, part) => ({ question, source, part, parts, content })),
        );
    } catch (error) {
      if (open.closed || this.closed) return;
      const beyond = (error as Error).name === 'RangeError';
      this.fault(`partition ${source} cannot answer: ${error instanceof Error ? error.message : String(error)}`);
      await this.say(rankingDeclinedV1, question, [{ question, source, reason: beyond ? 'amount' : 'fault' }]);
    }
  }

  /** Publishes; answers whether that went well. Where it did not, whoever asked waits in vain and asks anew. */
  private async say<Data>({ type, topic }: IntegrationEvent<Data>, question: string, data: readonly Data[]): Promise<boolean> {
    const { newId, clock, chain, publish } = this.ports;
    const occurredAt = new Date(clock.now()).toISOString();
    const common = { type, topic, key: question, occurredAt, chain, correlationId: question };
    try {
      await publish(data.map((one) => ({ ...common, id: newId(), data: one as JsonObject })));
      return true;
    } catch (error) {
      this.fault(`a message cannot be sent: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }

  private fault(reason: string): void {
    this.ports.report('fault', { projection: 'rankings', version: RANKINGS_TOPIC, reason });
  }
}
