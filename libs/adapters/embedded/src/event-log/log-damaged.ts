/** The log's bytes are not what was written. Nothing was cut or skipped. */
export class LogDamaged extends Error {
  override readonly name: string = 'LogDamaged';

  constructor(
    /** The damaged file. */
    readonly file: string,
    /** Bytes from the start of that file. */
    readonly offset: number,
    /** What is wrong there. */
    readonly reason: string,
  ) {
    super(
      `The event log is damaged: ${file} at byte ${offset}: ${reason}. Restore the log from a backup; keep the damaged files for inspection.`,
    );
  }
}

/** No whole record lies where one should begin. At the end of the log this is what an interrupted write leaves. */
export class RecordUnreadable extends LogDamaged {}
