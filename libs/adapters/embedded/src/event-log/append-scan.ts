import { FIRST_OF_APPEND, flagsOf, LAST_OF_APPEND } from './record-format';
import type { RecordCursor } from './record-cursor';

/** Follows where appends begin and end while records go by, so that an append is taken whole or not at all. */
export class AppendBoundaries {
  private openFrom: number | undefined;

  /** `wholeTo`: offset behind the last whole append so far. */
  constructor(public wholeTo: number) {}

  /** Takes the cursor's record; answers whether it ends an append. Throws LogDamaged where first and last do not alternate. */
  take(cursor: RecordCursor): boolean {
    const flags = flagsOf(cursor.buffer, cursor.at);
    const isFirst = (flags & FIRST_OF_APPEND) !== 0;
    if (isFirst !== (this.openFrom === undefined)) {
      throw cursor.damaged(isFirst ? 'an append begins inside another one' : 'an append has no beginning');
    }
    if (isFirst) this.openFrom = cursor.position;
    if ((flags & LAST_OF_APPEND) === 0) return false;
    this.openFrom = undefined;
    this.wholeTo = cursor.offset;
    return true;
  }

  /** Whether an append has begun that has not ended. */
  get isOpen(): boolean {
    return this.openFrom !== undefined;
  }
}
