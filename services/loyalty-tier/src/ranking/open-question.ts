import type { Position } from '@regulars/kernel';
import type { Lane } from '../contribution/ledger-workers';
import type { Course } from './course';
import type { Content } from './messages';
import { PartitionWork } from './partition-work';
import type { OwnedSnapshots } from './owned-snapshots';

/** A question on an instance: how far it is, and the work of the partitions owned here. */
export class OpenQuestion {
  private readonly works = new Map<string, PartitionWork>();
  /** Rounds begun, by partition: each is worked on once. */
  private readonly begun = new Set<string>();
  private readonly declined = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  closed = false;

  constructor(
    readonly course: Course,
    private readonly lane: Lane,
    onTimeUp: () => void,
  ) {
    this.timer = setTimeout(onTimeUp, course.asked.withinMs);
    this.timer.unref();
  }

  get id(): string {
    return this.course.asked.question;
  }

  /**
   * Keeps the ledgers at the position in question, of the partitions owned now that have come to it. Answers those which stand behind it
   * already, once each: they must be said to be unable.
   */
  reserve(ledgers: OwnedSnapshots): { readonly source: string; readonly standsAt: Position }[] {
    const unable: { source: string; standsAt: Position }[] = [];
    for (const source of ledgers.owned()) {
      if (this.works.has(source) || this.declined.has(source) || !this.course.lacks(source)) continue;
      const snapshot = ledgers.at(source, this.course.asked.at);
      if (snapshot === 'awaited') continue;
      if ('standsAt' in snapshot) {
        this.declined.add(source);
        unable.push({ source, standsAt: snapshot.standsAt });
      } else this.works.set(source, new PartitionWork(snapshot, this.course.asked.task, this.lane));
    }
    return unable;
  }

  /** Partitions whose answer in the present round is missing and not being worked on. */
  toDo(): string[] {
    const { work } = this.course;
    if (!work) return [];
    return [...this.works.keys()].filter((source) => this.course.lacks(source) && !this.begun.has(`${work.round}/${source}`));
  }

  /** Works out a partition's answer in the present round. */
  async answer(source: string): Promise<readonly Content[]> {
    const work = this.course.work!;
    this.begun.add(`${work.round}/${source}`);
    return this.works.get(source)!.answer(work);
  }

  /** Lets go of everything. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.works.clear();
  }
}
