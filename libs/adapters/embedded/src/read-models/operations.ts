import type { CollectionSpec } from '@regulars/ports';

/** A document as it lies in its table: id, position, JSON text. */
export type Row = readonly [id: string, position: string, document: string];

/** A value of an indexed field. */
export type FieldValue = string | number;

/** The filters of a look-up, checked. */
export interface Filter {
  readonly equals: readonly (readonly [field: string, value: FieldValue])[];
  /** Inclusive; both bounds of one range are of one type. */
  readonly ranges: readonly { readonly field: string; readonly from?: FieldValue | undefined; readonly to?: FieldValue | undefined }[];
}

/** A look-up, checked. */
export interface Query extends Filter {
  /** Field to order by; by id when absent. */
  readonly orderBy?: string | undefined;
  readonly descending: boolean;
  /** Rows wanted, one more than the page to see whether there is another. */
  readonly rowsMax: number;
  /** Where the page before ended; `value` is null where the document lacks the field. */
  readonly after?: { readonly value: FieldValue | null; readonly id: string } | undefined;
}

/** What the thread that owns the database can be asked to do. Each is one atomic step. */
export interface ReadModelOperations {
  /** Nothing but the opening itself, which the first call does. */
  open(): void;
  /** Opens or makes a collection version; answers the number of its table. */
  openCollection(spec: CollectionSpec): number;
  get(table: number, ids: readonly string[]): readonly Row[];
  find(table: number, query: Query): readonly Row[];
  count(table: number, filter: Filter): number;
  /** Answers how many took effect. */
  write(table: number, rows: readonly Row[]): number;
  activeVersion(name: string): string | undefined;
  switchVersion(name: string, from: string | undefined, to: string): boolean;
  dropVersion(name: string, version: string): void;
  loadCheckpoint(consumer: string): string | undefined;
  saveCheckpoint(consumer: string, position: string): void;
  close(): void;
}
